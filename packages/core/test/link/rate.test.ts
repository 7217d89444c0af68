import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TurnedClock } from '../../src/clock.js'
import { Rate } from '../../src/link/rate.js'

const allowed = (rate: Rate, asked: number) => {
  let count = 0
  for (let i = 0; i < asked; i++) if (rate.allows()) count += 1
  return count
}

test('A rate allows a burst at once, and then so many a second, up to another burst', async () => {
  const clock = new TurnedClock()
  const rate = new Rate(clock, 10, 4)
  expect(allowed(rate, 100)).toBe(10)
  await clock.advance(249)
  expect(rate.allows()).toBe(false)
  await clock.advance(1)
  expect(allowed(rate, 100)).toBe(1)
  await clock.advance(1000)
  expect(allowed(rate, 100)).toBe(4)
  await clock.advance(3_600_000)
  expect(allowed(rate, 100)).toBe(10)
})

test('A rate never allows more than a burst and its share of the time', async () => {
  const asks = fc.array(fc.record({ wait: fc.nat(2000), times: fc.nat(20) }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(
      asks,
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 10 }),
      async (all, burst, perSecond) => {
        const clock = new TurnedClock()
        const rate = new Rate(clock, burst, perSecond)
        let count = 0
        for (const { wait, times } of all) {
          await clock.advance(wait)
          count += allowed(rate, times)
          expect(count).toBeLessThanOrEqual(burst + (clock.now() * perSecond) / 1000 + 1e-6)
        }
      },
    ),
    { numRuns: 50 },
  )
})
