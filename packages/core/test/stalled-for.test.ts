import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Clock, Timer, TurnedClock } from '../src/clock.js'
import type { PeerChange } from '../src/comms/peer-change.js'
import type { CommsManager } from '../src/comms-manager.js'
import { BEAT_GRACE } from '../src/peer/liveness.js'
import { MemoryMesh } from './support/memory.js'
import { addressOf, call, methods } from './support/mesh.js'

/** The clock of a runtime whose event loop can be blocked: its timers come late then, with all else that waits. */
class BlockedClock implements Clock {
  readonly #turned: TurnedClock
  #late: (() => void)[] | undefined

  constructor(turned: TurnedClock) {
    this.#turned = turned
  }

  now(): number {
    return this.#turned.now()
  }

  after(ms: number, fn: () => void): Timer {
    return this.#turned.after(ms, () => (this.#late === undefined ? fn() : void this.#late.push(fn)))
  }

  block(): void {
    this.#late = []
  }

  free(): void {
    const late = this.#late ?? []
    this.#late = undefined
    for (const fn of late) fn()
  }
}

let mesh: MemoryMesh
let clock: BlockedClock
let a: CommsManager
/** What `a` tells of `b`. */
let told: PeerChange[]
/** Ends a call of `work`. */
let finish: (value: number) => void

beforeEach(async () => {
  mesh = new MemoryMesh()
  clock = new BlockedClock(mesh.clock)
  a = await mesh.runtime('a')
  const work = () =>
    new Promise<number>((resolve) => {
      finish = resolve
    })
  const b = await mesh.runtime('b', { clock }, { dispatch: methods({ work }) })
  await mesh.settled(b.connect(addressOf(a)))
  await mesh.clock.advance(5000)
  told = []
  a.on('peer', (change) => told.push(change))
})
afterEach(() => mesh.close())

function block(): void {
  clock.block()
  mesh.network.stall('b')
}

function free(): void {
  clock.free()
  mesh.network.resume('b')
}

// The second has been greeted anew meanwhile: its connections are others by then.
test.each([3000, 30_000])('a peer that was busy for %s ms says so when it is alive again', async (ms) => {
  block()
  await mesh.clock.advance(ms)
  free()
  await mesh.clock.advance(100)
  expect(told.map(({ is }) => is)).toEqual(['stalled', 'alive'])
  const { stalledMs = 0, tookMs = 0, evidence } = told.at(-1) ?? {}
  // Its own timer was due within a second and a half.
  expect(stalledMs).toBeGreaterThanOrEqual(ms - 1500)
  expect(stalledMs).toBeLessThanOrEqual(ms)
  expect(evidence).toBe(
    `it was heard again, after ${tookMs.toFixed(0)} ms; it says that its event loop stood still for ${stalledMs} ms`,
  )
})

test('its beat is waited for where its first word is the result of what it was busy with', async () => {
  const result = a.sendRecv('b', call('work'))
  await mesh.clock.advance(100)
  block()
  await mesh.clock.advance(4000)
  finish(7)
  expect((await mesh.settled(result)).value).toBe(7)
  expect(told.map(({ is }) => is)).toEqual(['stalled'])
  free()
  await mesh.clock.advance(100)
  expect(told.at(-1)).toMatchObject({ is: 'alive', stalledMs: expect.any(Number) })
  expect(told.at(-1)?.stalledMs).toBeGreaterThanOrEqual(2500)
})

test('one that speaks, and tells nothing, is alive soon all the same', async () => {
  const result = a.sendRecv('b', call('work'))
  await mesh.clock.advance(100)
  block()
  await mesh.clock.advance(4000)
  finish(7)
  await mesh.settled(result)
  await mesh.clock.advance(BEAT_GRACE)
  expect(told.map(({ is }) => is)).toEqual(['stalled', 'alive'])
  expect(told.at(-1)?.stalledMs).toBeUndefined()
  expect(told.at(-1)?.evidence).toMatch(/^it was heard again, after \d+ ms$/)
  free()
})

test('a stall is told of by itself, and not for a longer one shortly before', async () => {
  for (const ms of [20_000, 4000]) {
    block()
    await mesh.clock.advance(ms)
    free()
    await mesh.clock.advance(500)
  }
  const alive = told.filter(({ is }) => is === 'alive')
  expect(alive).toHaveLength(2)
  // No more than the silence as it was seen from here.
  expect(alive[1]?.stalledMs).toBeLessThanOrEqual(alive[1]?.tookMs ?? 0)
  expect(alive[1]?.tookMs).toBeLessThan(5000)
})
