import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Clock, TurnedClock } from '../src/clock.js'
import { Deadlines, Due } from '../src/deadlines.js'

/** Deadlines are kept to within this many milliseconds. */
const GRAIN = 16

class Noted extends Due {
  readonly at: number[] = []
  readonly #clock: Clock
  readonly #then: () => void

  constructor(clock: Clock, then: () => void = () => {}) {
    super()
    this.#clock = clock
    this.#then = then
  }

  override expired(): void {
    this.at.push(this.#clock.now())
    this.#then()
  }
}

function started() {
  const clock = new TurnedClock()
  return { clock, deadlines: new Deadlines(clock) }
}

describe('Deadlines', () => {
  test('are never early, and at most one grain late', async () => {
    const entry = fc.record({ wait: fc.nat(50), ms: fc.nat(40_000).map((n) => n / 100) })
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 20 }), async (entries) => {
        const { clock, deadlines } = started()
        const dues: { due: Noted; at: number }[] = []
        for (const { wait, ms } of entries) {
          await clock.advance(wait)
          const due = new Noted(clock)
          deadlines.add(due, ms)
          dues.push({ due, at: clock.now() + ms })
        }
        await clock.advance(1000)
        for (const { due, at } of dues) {
          expect(due.at).toHaveLength(1)
          expect(due.at[0]).toBeGreaterThanOrEqual(at)
          expect(due.at[0]).toBeLessThanOrEqual(at + GRAIN)
        }
        expect([deadlines.size, clock.pending]).toEqual([0, 0])
      }),
      { numRuns: 30 },
    )
  })

  test('are kept by one timer, however many there are', async () => {
    const { clock, deadlines } = started()
    const dues = Array.from({ length: 100_000 }, () => new Noted(clock))
    for (const [i, due] of dues.entries()) deadlines.add(due, 1 + ((i * 7919) % 5000))
    expect([deadlines.size, clock.pending]).toEqual([100_000, 1])
    await clock.advance(2500)
    expect(clock.pending).toBe(1)
    await clock.advance(2500 + GRAIN)
    expect(dues.every(({ at }) => at.length === 1)).toBe(true)
    expect([deadlines.size, clock.pending]).toEqual([0, 0])
  })

  test('that are removed do not expire, wherever they stand among those of the same instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 10 }), fc.nat(), async (removed, from) => {
        const { clock, deadlines } = started()
        const dues = removed.map(() => new Noted(clock))
        for (const due of dues) deadlines.add(due, 100)
        for (let i = 0; i < dues.length; i++) {
          const at = (i + from) % dues.length
          const due = dues[at]
          if (due !== undefined && removed[at]) deadlines.remove(due)
        }
        expect(deadlines.size).toBe(removed.filter((gone) => !gone).length)
        await clock.advance(200)
        expect(dues.map(({ at }) => at.length === 0)).toEqual(removed)
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  test('can be removed twice, after they expired, and though they were never added', async () => {
    const { clock, deadlines } = started()
    const due = new Noted(clock)
    deadlines.remove(due)
    deadlines.add(due, 10)
    await clock.advance(20)
    deadlines.remove(due)
    deadlines.remove(due)
    expect([due.at.length, deadlines.size]).toEqual([1, 0])
  })

  test('can be removed, and added, by one that expires', async () => {
    const { clock, deadlines } = started()
    const neighbour = new Noted(clock)
    const later = new Noted(clock)
    const first = new Noted(clock, () => {
      deadlines.remove(neighbour)
      deadlines.add(later, 100)
    })
    deadlines.add(first, 10)
    deadlines.add(neighbour, 10)
    await clock.advance(50)
    expect([first.at, neighbour.at, later.at, clock.pending]).toEqual([[16], [], [], 1])
    await clock.advance(100)
    expect(later.at).toEqual([128])
  })

  test('come in time though a longer one was set before', async () => {
    const { clock, deadlines } = started()
    const long = new Noted(clock)
    const short = new Noted(clock)
    deadlines.add(long, 10_000)
    deadlines.add(short, 20)
    expect(clock.pending).toBe(1)
    await clock.advance(40)
    expect([short.at, long.at]).toEqual([[32], []])
  })

  test('that are infinite are none', () => {
    const { clock, deadlines } = started()
    deadlines.add(new Noted(clock), Number.POSITIVE_INFINITY)
    expect([deadlines.size, clock.pending]).toEqual([0, 0])
  })

  test('expire all, although one of them throws', async () => {
    const { clock, deadlines } = started()
    const next = new Noted(clock)
    const later = new Noted(clock)
    deadlines.add(
      new Noted(clock, () => {
        throw new Error('of one deadline')
      }),
      10,
    )
    deadlines.add(next, 10)
    deadlines.add(later, 100)
    await expect(clock.advance(20)).rejects.toThrow('of one deadline')
    await clock.advance(200)
    expect([next.at.length, later.at.length]).toEqual([1, 1])
  })

  test('leave no timer when they are closed', () => {
    const { clock, deadlines } = started()
    deadlines.add(new Noted(clock), 10)
    deadlines.close()
    expect([deadlines.size, clock.pending]).toEqual([0, 0])
  })
})
