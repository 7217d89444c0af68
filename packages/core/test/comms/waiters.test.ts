import { describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { Waiters } from '../../src/comms/waiters.js'
import { Deadlines } from '../../src/deadlines.js'

function waiting() {
  const clock = new TurnedClock()
  const deadlines = new Deadlines(clock)
  const waiters = new Waiters(deadlines)
  const wait = (uid: string, timeout = 1000) =>
    waiters.wait(uid, { timeout, timedOut: () => new Error(`no ${uid}`) })
  return { clock, deadlines, waiters, wait }
}

describe('Those who wait for a peer', () => {
  test('are all told when it arrives, and nobody who waits for another', async () => {
    const { deadlines, waiters, wait } = waiting()
    const both = Promise.all([wait('a'), wait('a')])
    void wait('b', Number.POSITIVE_INFINITY)
    waiters.settle('a')
    await both
    expect([waiters.waitsFor('a'), waiters.waitsFor('b'), deadlines.size]).toEqual([false, true, 0])
  })

  test('are told after their timeout that it has not arrived', async () => {
    const { clock, waiters, wait } = waiting()
    const patient = wait('a', 10_000)
    const rejected = expect(wait('a', 160)).rejects.toThrow('no a')
    await clock.advance(160)
    await rejected
    expect(waiters.waitsFor('a')).toBe(true)
    waiters.settle('a')
    await patient
  })

  test('are told that there is nothing to wait for any more', async () => {
    const { clock, deadlines, waiters, wait } = waiting()
    const rejected = Promise.all([
      expect(wait('a')).rejects.toThrow('stopped'),
      expect(wait('b')).rejects.toThrow('stopped'),
    ])
    waiters.close(new Error('stopped'))
    await rejected
    expect(deadlines.size).toBe(0)
    await clock.advance(5000)
    expect(clock.pending).toBe(0)
  })
})
