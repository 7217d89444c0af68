import { describe, expect, test } from '@jest/globals'
import { Prng } from '../../src/transport/prng.js'

const draws = (prng: Prng) => Array.from({ length: 10_000 }, () => prng.next())

describe('the generator of repeatable random numbers', () => {
  test('draws what the published mulberry32 draws', () => {
    const prng = new Prng(1)
    expect(draws(prng).slice(0, 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522])
  })

  test('draws evenly from 0 to 1, and the same again for the same seed', () => {
    const drawn = draws(new Prng(99))
    expect(draws(new Prng(99))).toEqual(drawn)
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = drawn.filter((each) => Math.floor(each * 10) === tenth).length
      expect(Math.abs(share - 1000)).toBeLessThan(120)
    }
  })

  test('stays between the bounds given', () => {
    const prng = new Prng(3)
    for (let i = 0; i < 1000; i++) {
      const drawn = prng.between(5, 8)
      expect(drawn).toBeGreaterThanOrEqual(5)
      expect(drawn).toBeLessThan(8)
    }
    expect(prng.between(2, 2)).toBe(2)
    expect(prng.bytes(16)).toHaveLength(16)
  })
})
