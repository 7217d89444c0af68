import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { systemClock, TurnedClock } from '../src/clock.js'

describe('A turned clock', () => {
  test('stands still until it is turned', async () => {
    const clock = new TurnedClock()
    let fired = false
    clock.after(5, () => {
      fired = true
    })
    await clock.advance(4)
    expect([clock.now(), fired, clock.next, clock.pending]).toEqual([4, false, 5, 1])
    await clock.advance(1)
    expect([clock.now(), fired, clock.next, clock.pending]).toEqual([5, true, undefined, 0])
  })

  test('fires alarms at their instants, in their order, and in the order of setting where those are equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 20 }), async (delays) => {
        const clock = new TurnedClock()
        const fired: { instant: number; order: number }[] = []
        for (const [order, delay] of delays.entries()) {
          clock.after(delay, () => fired.push({ instant: clock.now(), order }))
        }
        await clock.advance(20)
        const expected = delays.map((instant, order) => ({ instant, order }))
        expect(fired).toEqual(expected.sort((a, b) => a.instant - b.instant || a.order - b.order))
      }),
      { numRuns: 20 },
    )
  })

  test('lets the promises that an alarm settled run before the next alarm', async () => {
    const clock = new TurnedClock()
    const log: string[] = []
    const first = new Promise<void>((resolve) => clock.after(1, resolve))
    clock.after(1, () => log.push('second alarm'))
    void first.then(() => log.push('then')).then(() => log.push('and then'))
    await clock.advance(1)
    expect(log).toEqual(['then', 'and then', 'second alarm'])
  })

  test('fires what an alarm sets, if it falls due on the way', async () => {
    const clock = new TurnedClock()
    const instants: number[] = []
    const again = () => {
      instants.push(clock.now())
      clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(35)
    expect(instants).toEqual([10, 20, 30])
  })

  test('never fires what was cancelled', async () => {
    const clock = new TurnedClock()
    let fired = 0
    const later = clock.after(2, () => fired++)
    clock.after(1, () => later.cancel())
    await clock.advance(10)
    later.cancel()
    expect([fired, clock.pending]).toEqual([0, 0])
  })
})

describe('The system’s clock', () => {
  test('calls back once, and not what was cancelled', async () => {
    const cancelled = systemClock.after(0, () => {
      throw new Error('was cancelled')
    })
    cancelled.cancel()
    await new Promise<void>((resolve) => systemClock.after(-5, resolve))
  })

  test('does not take a delay that is too long for Node for none at all', async () => {
    let fired = false
    const timer = systemClock.after(2 ** 40, () => {
      fired = true
    })
    await new Promise<void>((resolve) => systemClock.after(1, resolve))
    await new Promise<void>((resolve) => systemClock.after(1, resolve))
    timer.cancel()
    expect(fired).toBe(false)
  })
})
