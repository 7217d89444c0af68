import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '@skein/core/internal'
import { Cluster, type MemoryCluster, useLedger } from '@skein/test-harness'
import type { MapOptions } from '../src/map-options.js'
import type { Pool } from '../src/pool.js'
import type { Redo } from '../src/pool-crew.js'
import { begun, finish, Labour, reset } from './fixtures/labour.js'

const from = new URL('./fixtures/labour.ts', import.meta.url)
/** A simulated stall holds up what comes in, and no timers: the stalled one must not give the others up meanwhile. */
const PATIENT = { liveness: { suspicion: 600_000 } }

let clock: TurnedClock
let cluster: MemoryCluster
let pool: Pool<Labour>
let redone: Redo[]
let places: Map<number, string[]>

useLedger({ before: beforeEach, after: afterEach })
beforeEach(async () => {
  reset()
  clock = new TurnedClock()
  cluster = await Cluster.memory({ workers: 2, clock, comms: PATIENT })
  pool = await turning(cluster.mesh.pool(Labour, { from }))
  redone = []
  places = new Map()
  pool.on('redo', (redo) => redone.push(redo))
})
afterEach(async () => {
  await turning(pool.close())
  await cluster.close()
})

/** Turns the clock until something has come about. */
async function turned(isSo: () => boolean, most = 60_000): Promise<void> {
  for (const end = clock.now() + most; !isSo(); ) {
    if (clock.now() >= end) throw new Error(`it did not come about within ${most} ms`)
    await clock.advance(10)
  }
}

function awaitedOf(worker: string): number | undefined {
  return cluster.head.peers().find(({ uid }) => uid === worker)?.awaited
}

async function turning<T>(work: Promise<T>): Promise<T> {
  let isSettled = false
  const settled = () => {
    isSettled = true
  }
  work.then(settled, settled)
  await turned(() => isSettled)
  return work
}

/** Four items are begun, two by each worker, and then the first one never gets back to its event loop for so long. */
async function stalling(ms: number, options: MapOptions) {
  const got: number[] = []
  const work = (labour: { hold(n: number): PromiseLike<number> }, n: number) => {
    places.set(n, [...(places.get(n) ?? []), /worker:0:\d/.exec(`${labour}`)?.[0] ?? ''])
    return labour.hold(n)
  }
  const done = (async () => {
    for await (const result of pool.map([0, 1, 2, 3, 4, 5], work, options)) got.push(result)
    return got
  })()
  done.catch(() => {})
  await turned(() => begun.length === 4)
  await cluster.stallLoop('worker:0:0', ms)
  const isStalled = () => cluster.head.peers().some(({ state }) => state === 'stalled')
  await turned(isStalled)
  return { got, done, of: (uid: string) => [...places].filter(([, uids]) => uids[0] === uid).map(([n]) => n) }
}

describe('the items of a worker that is stalled for too long', () => {
  test('are given to others if they are idempotent, and the first result counts', async () => {
    const { done, of } = await stalling(60_000, { stallLimit: 5000, idempotent: true })
    const [busy, free] = [of('worker:0:0'), of('worker:0:1')]
    await clock.advance(4000)
    finish(...free)
    await turned(() => begun.length === 6)
    finish(4, 5)
    await clock.advance(500)
    expect(redone).toEqual([])
    await turned(() => redone.length === 2)
    expect(redone).toEqual(
      busy.map((index) => ({ worker: 'worker:0:0', index, executed: 'maybe', reason: 'stalled' })),
    )
    await turned(() => begun.length === 8)
    finish(busy[0] ?? 0)
    // What is still asked of the stalled one is given up as soon as another was the first.
    await turned(() => awaitedOf('worker:0:0') === 1)
    finish(busy[1] ?? 0)
    await expect(turning(done)).resolves.toEqual([0, 2, 4, 6, 8, 10])
    expect(busy.map((n) => places.get(n))).toEqual(busy.map(() => ['worker:0:0', 'worker:0:1']))
  })

  test('stay with it if they are not, while others get what is left; when it is back it goes on', async () => {
    const { got, done, of } = await stalling(20_000, { stallLimit: 1000, ordered: false })
    const [busy, free] = [of('worker:0:0'), of('worker:0:1')]
    await clock.advance(2000)
    finish(...free)
    await turned(() => begun.length === 6)
    finish(4, 5)
    await turned(() => got.length === 4)
    expect([...places.values()].every((uids) => uids.length === 1)).toBe(true)
    await clock.advance(20_000)
    finish(...busy)
    await turning(done)
    expect(got.sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10])
    expect(redone).toEqual([])
  })

  test('are left to it again if it comes back before another has begun them', async () => {
    const { done, of } = await stalling(15_000, { stallLimit: 1000, idempotent: true })
    const busy = of('worker:0:0')
    await clock.advance(16_000)
    finish(...busy)
    await turned(() => begun.length === 6)
    finish(0, 1, 2, 3, 4, 5)
    await expect(turning(done)).resolves.toEqual([0, 2, 4, 6, 8, 10])
    expect(redone).toEqual([])
  })

  test('are not given to others as long as no limit is set', async () => {
    const { done } = await stalling(30_000, { idempotent: true })
    await clock.advance(20_000)
    expect(redone).toEqual([])
    await clock.advance(20_000)
    for (let n = 0; n < 6; n++) {
      finish(0, 1, 2, 3, 4, 5)
      await clock.advance(100)
    }
    await expect(turning(done)).resolves.toEqual([0, 2, 4, 6, 8, 10])
    expect(redone).toEqual([])
  })

  test('are redone as lost ones if it dies', async () => {
    const { done, of } = await stalling(600_000, { stallLimit: 1000 })
    const [busy, free] = [of('worker:0:0'), of('worker:0:1')]
    await clock.advance(2000)
    await cluster.kill('worker:0:0')
    await turned(() => redone.length === 2)
    expect(redone).toEqual(
      busy.map((index) => ({ worker: 'worker:0:0', index, executed: 'maybe', reason: 'lost' })),
    )
    finish(...free)
    await turned(() => begun.length === 6)
    finish(...busy)
    await turned(() => begun.length === 8)
    finish(4, 5)
    await expect(turning(done)).resolves.toHaveLength(6)
  })
})
