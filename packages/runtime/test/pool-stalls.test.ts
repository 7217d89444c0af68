import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '@skein/core/internal'
import { Cluster, type MemoryCluster, useLedger } from '@skein/test-harness'
import type { MapOptions } from '../src/map-options.js'
import type { Pool } from '../src/pool.js'
import type { Redo } from '../src/pool-crew.js'
import { alive, begun, finish, Labour, reset } from './fixtures/labour.js'
import { MemoryLogger } from './support/test-mesh.js'

const from = new URL('./fixtures/labour.ts', import.meta.url)
/** A simulated stall holds up what comes in, and no timers: the stalled one must not give the others up meanwhile. */
const PATIENT = { liveness: { suspicion: 600_000 } }

let clock: TurnedClock
let cluster: MemoryCluster
let pool: Pool<Labour>
let redone: Redo[]
let places: Map<number, string[]>

useLedger()
beforeEach(async () => {
  reset()
  clock = new TurnedClock()
  cluster = await Cluster.memory({ workers: 3, clock, comms: { ...PATIENT, logger: new MemoryLogger() } })
  redone = []
  places = new Map()
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

/** Opens the pool on so many of the workers. */
async function open(count: number): Promise<void> {
  const workers = cluster.mesh.workers.slice(0, count)
  pool = await turning(cluster.mesh.pool(Labour, { from, workers }))
  pool.on('redo', (redo) => redone.push(redo))
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

/** Has the items held by the workers, and notes in which places. */
function holding(items: readonly number[], options: MapOptions) {
  const got: number[] = []
  const work = (labour: { hold(n: number): PromiseLike<number> }, n: number) => {
    places.set(n, [...(places.get(n) ?? []), /worker:0:\d/.exec(`${labour}`)?.[0] ?? ''])
    return labour.hold(n)
  }
  const done = (async () => {
    for await (const result of pool.map(items, work, options)) got.push(result)
    return got
  })()
  done.catch(() => {})
  return { got, done }
}

/** Four items are begun, two by each worker, and then the first one never gets back to its event loop for so long. */
async function stalling(ms: number, options: MapOptions) {
  const { got, done } = holding([0, 1, 2, 3, 4, 5], options)
  await turned(() => begun.length === 4)
  await cluster.stallLoop('worker:0:0', ms)
  const isStalled = () => cluster.head.peers().some(({ state }) => state === 'stalled')
  await turned(isStalled)
  return { got, done, of: (uid: string) => [...places].filter(([, uids]) => uids[0] === uid).map(([n]) => n) }
}

describe('the items of a worker that is stalled for too long', () => {
  beforeEach(() => open(2))

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

  test('are given to others as well if it is others who reach it, and nobody here', async () => {
    const { done } = holding([0, 1, 2, 3], { stallLimit: 5000, idempotent: true })
    await turned(() => begun.length === 4)
    cluster.partition('head', 'worker:0:0')
    await turned(() => cluster.head.peers().some(({ state }) => state === 'unreachable'))
    const free = [...places].filter(([, uids]) => uids[0] === 'worker:0:1').map(([n]) => n)
    finish(...free)
    await turned(() => redone.length === 2)
    expect(redone.map(({ worker, reason }) => [worker, reason])).toEqual([
      ['worker:0:0', 'stalled'],
      ['worker:0:0', 'stalled'],
    ])
    await turned(() => begun.length === 6)
    finish(0, 1, 2, 3)
    await expect(turning(done)).resolves.toEqual([0, 2, 4, 6])
    // It is not waited for at the end either.
    const began = clock.now()
    await turning(pool.close())
    expect(clock.now() - began).toBeLessThan(1000)
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

  test.each([
    ['is stalled already', true],
    ['turns out to be', false],
  ])(
    'does not hold up the end of the pool if it %s, and is told to let go all the same',
    async (_, before) => {
      const { done } = holding([0, 1], { concurrency: 1 })
      done.catch(() => {})
      await turned(() => begun.length === 2)
      await cluster.stallLoop('worker:0:0', 30_000)
      const stalled = () => cluster.head.peers().some(({ state }) => state === 'stalled')
      if (before) await turned(stalled)
      const start = clock.now()
      await turning(pool.close())
      expect(clock.now() - start).toBeLessThan(15_000)
      expect(stalled()).toBe(true)
      finish(0, 1)
      await turned(() => alive.count === 0)
    },
  )

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

describe('an item whose worker is stalled for too long', () => {
  const STALLED = { index: 0, executed: 'maybe', reason: 'stalled' } as const
  let done: Promise<number[]>
  let first: string
  let second: string

  beforeEach(async () => {
    await open(3)
    done = holding([0], { stallLimit: 1000, idempotent: true }).done
    first = await place(1)
    await cluster.stallLoop(first, 30_000)
    second = await place(2)
  })

  /** Where it is begun for the nth time. */
  async function place(nth: number): Promise<string> {
    await turned(() => begun.length === nth)
    return places.get(0)?.at(-1) ?? ''
  }

  test('is given to a third one if the second one is stalled as well', async () => {
    await cluster.stallLoop(second, 30_000)
    const third = await place(3)
    expect(new Set([first, second, third]).size).toBe(3)
    finish(0)
    await expect(turning(done)).resolves.toEqual([0])
    expect(redone).toEqual([
      { worker: first, ...STALLED },
      { worker: second, ...STALLED },
    ])
  })

  test('is given to a third one if the second one is lost', async () => {
    await cluster.kill(second)
    const third = await place(3)
    expect(new Set([first, second, third]).size).toBe(3)
    finish(0)
    await expect(turning(done)).resolves.toEqual([0])
    expect(redone).toEqual([
      { worker: first, ...STALLED },
      { worker: second, ...STALLED, reason: 'lost' },
    ])
  })

  test('is given to a third one if the second one is stalled, and the first one lost', async () => {
    await cluster.stallLoop(second, 30_000)
    await cluster.kill(first)
    await place(3)
    finish(0)
    await expect(turning(done)).resolves.toEqual([0])
    expect(redone).toHaveLength(2)
  })

  test('stays with the second one if the first one is lost', async () => {
    await cluster.kill(first)
    await turned(() => !pool.workers.includes(first))
    finish(0)
    await expect(turning(done)).resolves.toEqual([0])
    expect(places.get(0)).toEqual([first, second])
    expect(redone).toEqual([{ worker: first, ...STALLED }])
  })
})

test('a deadline given to the pool holds for each request', async () => {
  pool = await turning(cluster.mesh.pool(Labour, { from, timeout: 1000 }))
  const { done } = holding([1], {})
  await turned(() => begun.includes(1))
  const start = clock.now()
  await expect(turning(done)).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 1000 })
  expect(clock.now() - start).toBeLessThanOrEqual(1010)
})
