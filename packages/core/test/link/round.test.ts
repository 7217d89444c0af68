import { describe, expect, test } from '@jest/globals'
import { type Clock, TurnedClock } from '../../src/clock.js'
import { type Judged, Round } from '../../src/link/round.js'

/** Links that are due at given instants, and what was done with them. */
function rounds(...due: number[]) {
  const turned = new TurnedClock()
  // How much later than planned our own timers come.
  const own = { late: 0 }
  const clock: Clock = { now: () => turned.now(), after: (ms, fn) => turned.after(ms + own.late, fn) }
  const done: string[] = []
  const links = due.map((at, i): Judged & { due: number } => ({
    due: at,
    tick() {
      done.push(`${i} at ${turned.now()}`)
      this.due = Number.POSITIVE_INFINITY
    },
    doubt(lost) {
      done.push(`${i} is given ${lost}`)
      this.due += lost
    },
  }))
  return { turned, own, links, done, round: new Round(clock, () => links) }
}

describe('The round of all links', () => {
  test('looks at each when it is due, under one timer', async () => {
    const { turned, done, links, round } = rounds(300, 100, 200)
    for (const { due } of links) round.arm(due)
    expect(turned.pending).toBe(1)
    await turned.advance(1000)
    expect(done).toEqual(['1 at 100', '2 at 200', '0 at 300'])
    expect([turned.pending, round.lag]).toEqual([0, 0])
  })

  test('that comes late judges nobody, and gives all the time that it lost', async () => {
    const { turned, own, done, round } = rounds(100, 1000)
    own.late = 200
    round.arm(100)
    own.late = 0
    await turned.advance(300)
    expect([done, round.lag]).toEqual([['0 is given 200', '1 is given 200'], 200])
    await turned.advance(1)
    expect(done.slice(2)).toEqual(['0 at 301'])
  })

  test('is late once for the same stall, although somebody is due since before it', async () => {
    const { turned, own, done, round } = rounds(100)
    own.late = 200
    round.arm(100)
    own.late = 0
    await turned.advance(300)
    round.arm(100)
    await turned.advance(1)
    expect([done, round.lag]).toEqual([['0 is given 200', '0 at 301'], 200])
  })

  test('tells of a stall for five seconds, whether or not there is another round meanwhile', async () => {
    const { turned, own, round } = rounds(Number.POSITIVE_INFINITY)
    own.late = 300
    round.arm(100)
    await turned.advance(400 + 5000)
    expect(round.lag).toBe(300)
    await turned.advance(1)
    expect(round.lag).toBe(0)
  })

  test('that comes a little late judges all the same', async () => {
    const { turned, own, done, round } = rounds(100)
    own.late = 199
    round.arm(100)
    await turned.advance(299)
    expect([done, round.lag]).toEqual([['0 at 299'], 199])
  })

  test('has no timer left when it is closed', () => {
    const { turned, round } = rounds(100)
    round.arm(100)
    round.close()
    round.arm(50)
    expect(turned.pending).toBe(0)
  })
})
