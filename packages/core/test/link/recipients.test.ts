import { describe, expect, test } from '@jest/globals'
import { Recipients } from '../../src/link/recipients.js'

const [a, b, c] = [{}, {}, {}]

describe('Recipients', () => {
  test('are not several as long as all goes to one', () => {
    const recipients = new Recipients()
    for (let i = 0; i < 20; i++) expect(recipients.alternates(a)).toBe(false)
  })

  test('are several while they have large batches in turn', () => {
    const recipients = new Recipients()
    recipients.alternates(a)
    for (let i = 0; i < 20; i++) {
      for (const peer of [b, c, c, a]) expect(recipients.alternates(peer)).toBe(true)
    }
  })

  test('are several until eight batches in a row have gone to one', () => {
    const recipients = new Recipients()
    recipients.alternates(a)
    const told = Array.from({ length: 10 }, () => recipients.alternates(b))
    expect(told).toEqual([...Array.from({ length: 8 }, () => true), false, false])
  })
})
