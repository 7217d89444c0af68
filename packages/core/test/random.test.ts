import { expect, test } from '@jest/globals'
import { randomId, systemRandomness } from '../src/random.js'
import { Prng } from '../src/transport/prng.js'

test('A random id has 21 letters that may stand in a uid and in a file name', () => {
  expect(randomId(systemRandomness)).toMatch(/^[\w-]{21}$/)
  expect(randomId(systemRandomness)).not.toBe(randomId(systemRandomness))
})

test('A random id is the same again where the randomness is', () => {
  expect(randomId(new Prng(1))).toBe(randomId(new Prng(1)))
  expect(randomId(new Prng(1))).not.toBe(randomId(new Prng(2)))
})
