import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { SkeinError } from '@skein/core'
import { Kind } from '@skein/core/internal'
import { eventually, once, useLedger } from '@skein/test-harness'
import { Mesh } from '../src/mesh.js'
import type { Pool } from '../src/pool.js'
import type { Redo } from '../src/pool-crew.js'
import type { Role } from '../src/roles/role.js'
import { startWorker } from '../src/roles/worker.js'
import { alive, begun, finish, Labour, Rare, reset } from './fixtures/labour.js'
import { TestMesh } from './support/test-mesh.js'

const from = new URL('./fixtures/labour.ts', import.meta.url)

let network: TestMesh
let mesh: Mesh
let workers: Role[]
let pool: Pool<Labour>
let redone: Redo[]

useLedger()
beforeEach(async () => {
  reset()
  network = new TestMesh()
  await network.monitor()
  mesh = new Mesh(await network.runtime('head'))
  workers = [await worker(0), await worker(1)]
  await mesh.waitForWorkers(2)
  pool = await mesh.pool(Labour, { from })
  redone = []
  pool.on('redo', (redo) => redone.push(redo))
})
afterEach(() => network.close())

function worker(i: number): Promise<Role> {
  return network.role(startWorker, { role: 'worker', uid: `worker:0:${i}` })
}

function* numbers(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

/** Runs a map in the background, and keeps what came of it. */
function running<T>(results: AsyncIterable<T>) {
  const got: T[] = []
  const done = (async () => {
    for await (const result of results) got.push(result)
    return got
  })()
  done.catch(() => {}) // its failure is looked at when the test gets there
  return { got, done }
}

async function kill(role: Role): Promise<void> {
  await network.kill(role.runtime)
}

describe('a pool', () => {
  test('has an object on every worker', async () => {
    expect(pool.workers).toEqual(['worker:0:0', 'worker:0:1'])
    expect(workers.map(({ runtime }) => runtime.residents)).toEqual([1, 1])
  })

  test('can be made of some of the workers', async () => {
    const some = await mesh.pool(Labour, { from, workers: ['worker:0:1'] })
    expect(some.workers).toEqual(['worker:0:1'])
    const twice = await mesh.pool(Labour, { from, workers: ['worker:0:1', 'worker:0:1'] })
    expect(twice.workers).toEqual(['worker:0:1'])
  })

  test('hands its arguments to each object', async () => {
    const tens = await mesh.pool(Labour, { from, args: [10] })
    expect(await collect(tens.map([1, 2], (labour, n) => labour.times(n)))).toEqual([10, 20])
  })

  test('lets go of its objects when it is closed', async () => {
    expect(alive.count).toBe(2)
    await pool.close()
    expect(alive.count).toBe(0)
    await pool.close()
    const late = collect(pool.map([1], (labour, n) => labour.times(n)))
    await expect(late).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('lets go of its objects at the end of the block that has it', async () => {
    {
      await using other = await mesh.pool(Labour, { from })
      expect(other.workers).toHaveLength(2)
      expect(alive.count).toBe(4)
    }
    expect(alive.count).toBe(2)
  })

  test('that can not be made leaves nothing behind', async () => {
    await expect(mesh.pool(Labour, { from, args: [0] })).rejects.toThrow('no factor')
    const listed = ['worker:0:0', 'worker:9:9']
    await expect(mesh.pool(Labour, { from, workers: listed.slice(1) })).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_PEER',
      message: expect.stringContaining('none of worker:9:9 is there'),
    })
    expect(alive.count).toBe(2)
  })

  test('that can be made on some of its workers only is not made, and leaves nothing behind', async () => {
    await pool.close()
    await expect(mesh.pool(Rare, { from })).rejects.toThrow('there is one already')
    expect(alive.count).toBe(0)
  })

  test('without workers is an error that says what to do', async () => {
    const alone = new Mesh(await network.runtime('alone', { monitor: undefined }))
    await expect(alone.pool(Labour, { from })).rejects.toThrow(/there are no workers/)
  })

  test('takes in workers that join', async () => {
    const joined = once<[string]>(pool, 'joined')
    await worker(2)
    await expect(joined).resolves.toEqual(['worker:0:2'])
    expect(pool.workers).toEqual(['worker:0:0', 'worker:0:1', 'worker:0:2'])
  })

  test('retires workers that are lost', async () => {
    const lost = once<[string]>(pool, 'lost')
    await kill(workers[0] as Role)
    await expect(lost).resolves.toEqual(['worker:0:0'])
    expect(pool.workers).toEqual(['worker:0:1'])
  })

  test('takes a worker in again that was started anew', async () => {
    const lost = once(pool, 'lost')
    await workers[0]?.stop()
    await lost
    const joined = once(pool, 'joined')
    await worker(0)
    await joined
    expect(await collect(pool.map(numbers(4), (labour, n) => labour.times(n)))).toEqual([0, 2, 4, 6])
  })
})

describe('map', () => {
  test('gives results in the order of their items', async () => {
    const { got, done } = running(pool.map(numbers(4), (labour, n) => labour.hold(n)))
    await eventually(() => begun.length === 4)
    finish(3, 2, 1)
    await eventually(
      async () => (await mesh.proxy<{ read(): object }>('worker:0:1', 'skein.stats').read()) !== undefined,
    )
    expect(got).toEqual([])
    finish(0)
    await expect(done).resolves.toEqual([0, 2, 4, 6])
  })

  test('gives results as they are done if their order does not matter', async () => {
    const { got, done } = running(pool.map(numbers(4), (labour, n) => labour.hold(n), { ordered: false }))
    await eventually(() => begun.length === 4)
    finish(3)
    await eventually(() => got.length === 1)
    expect(got).toEqual([6])
    finish(0, 1, 2)
    await expect(done).resolves.toHaveLength(4)
  })

  test('takes async iterables, and iterables of promises', async () => {
    async function* later() {
      yield* numbers(3)
    }
    expect(await collect(pool.map(later(), (labour, n) => labour.times(n)))).toEqual([0, 2, 4])
    const promises = [1, 2].map((n) => Promise.resolve(n))
    expect(await collect(pool.map(promises, (labour, n: number) => labour.times(n)))).toEqual([2, 4])
    expect(await collect(pool.map([], (labour, n) => labour.times(n)))).toEqual([])
  })

  test('hands over the index too, and may do more than one thing with the worker', async () => {
    const work = async (labour: { times(n: number): PromiseLike<number> }, text: string, index: number) =>
      `${text}${await labour.times(index)}${await labour.times(index + 1)}`
    expect(await collect(pool.map(['a', 'b'], work))).toEqual(['a02', 'b24'])
  })

  test('spreads its items evenly, and gives no worker more than it may have', async () => {
    const places: string[] = []
    const { done } = running(
      pool.map(numbers(100), (labour, n) => {
        places.push(/worker:0:\d/.exec(`${labour}`)?.[0] ?? '')
        return labour.hold(n)
      }),
    )
    await eventually(() => begun.length === 4)
    expect(places.sort()).toEqual(['worker:0:0', 'worker:0:0', 'worker:0:1', 'worker:0:1'])
    finish(0)
    await eventually(() => begun.length === 5)
    await pool.close()
    await expect(done).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('gives each worker as many items at a time as it is told', async () => {
    const { done } = running(pool.map(numbers(9), (labour, n) => labour.hold(n), { concurrency: 3 }))
    await eventually(() => begun.length === 6)
    finish(...numbers(6))
    await eventually(() => begun.length === 9)
    finish(6, 7, 8)
    await expect(done).resolves.toHaveLength(9)
    expect(begun.slice(0, 6).sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('does not run ahead of who takes its results', async () => {
    let taken = 0
    function* endless() {
      for (;;) yield taken++
    }
    const results = pool.map(endless(), (labour, n) => labour.times(n), { lookahead: 10 })
    await expect(results.next()).resolves.toEqual({ done: false, value: 0 })
    await eventually(() => begun.length === 11)
    await expect(results.next()).resolves.toEqual({ done: false, value: 2 })
    await eventually(() => begun.length === 12)
    expect(taken).toBe(12)
    await results.return()
  })

  test('goes on to the next item while its caller is busy with a result', async () => {
    const results = pool.map(numbers(9), (labour, n) => labour.times(n), { lookahead: 1 })
    await expect(results.next()).resolves.toEqual({ done: false, value: 0 })
    await eventually(() => begun.length === 2)
    await results.return()
    expect(begun).toEqual([0, 1])
  })

  test('does not let others get far ahead of a slow item', async () => {
    const work = (
      labour: { times(n: number): PromiseLike<number>; hold(n: number): PromiseLike<number> },
      n: number,
    ) => (n === 0 ? labour.hold(n) : labour.times(n))
    const { done } = running(pool.map(numbers(100), work, { lookahead: 10 }))
    await eventually(() => begun.length === 10)
    await mesh.proxy<{ read(): object }>('worker:0:1', 'skein.stats').read()
    expect(begun).toHaveLength(10)
    finish(0)
    await expect(done).resolves.toHaveLength(100)
  })

  test('begins nothing before its first result is asked for', async () => {
    let taken = 0
    const results = pool.map(
      (function* () {
        taken++
        yield 1
      })(),
      (labour, n) => labour.times(n),
    )
    await mesh.proxy<{ read(): object }>('worker:0:1', 'skein.stats').read()
    expect(taken).toBe(0)
    expect(await collect(results)).toEqual([2])
  })

  test('may run more than once at a time', async () => {
    const twice = [1, 2].map(() => collect(pool.map(numbers(50), (labour, n) => labour.times(n))))
    const [one, other] = await Promise.all(twice)
    expect(one).toHaveLength(50)
    expect(other).toEqual(one)
  })

  test('refuses what it can not go through, and options that make no sense', () => {
    const work = () => 1
    const wrong = (option: string) => expect.objectContaining({ code: 'ERR_INVALID_OPTION', option })
    expect(() => pool.map(7 as unknown as number[], work)).toThrow(wrong('items'))
    expect(() => pool.map([], work, { concurrency: 0 })).toThrow(wrong('concurrency'))
    expect(() => pool.map([], work, { lookahead: 1.5 })).toThrow(wrong('lookahead'))
    expect(() => pool.map([], work, { stallLimit: -1 })).toThrow(wrong('stallLimit'))
  })
})

describe('leaving a map', () => {
  test('takes no more items, closes them, and gives up what is under way', async () => {
    let taken = 0
    let closed = false
    function* items() {
      try {
        for (;;) yield taken++
      } finally {
        closed = true
      }
    }
    const signals: AbortSignal[] = []
    for (const { runtime } of workers) {
      runtime.use((request, next) => {
        if (request.message.method === 'hold') signals.push(request.signal)
        return next(request)
      })
    }
    const work = (
      labour: { times(n: number): PromiseLike<number>; hold(n: number): PromiseLike<number> },
      n: number,
    ) => (n === 0 ? labour.times(n) : labour.hold(n))
    for await (const result of pool.map(items(), work)) {
      expect(result).toBe(0)
      await eventually(() => signals.length === 4)
      break
    }
    expect(closed).toBe(true)
    const before = taken
    await eventually(() => signals.every(({ aborted }) => aborted))
    expect(taken).toBe(before)
    expect(mesh.runtime.peers().map(({ awaited }) => awaited)).toEqual([0, 0, 0])
  })

  test('does not wait for an item that may never come', async () => {
    let asked = 0
    const stuck: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => (asked++ === 0 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {})),
      }),
    }
    for await (const result of pool.map(stuck, (labour, n) => labour.times(n))) {
      expect(result).toBe(2)
      break
    }
    expect(asked).toBe(2)
  })

  test('with an error of the work ends it with that error, and gives up what is under way', async () => {
    const work = (
      labour: { fail(n: number): PromiseLike<number>; hold(n: number): PromiseLike<number> },
      n: number,
    ) => (n === 2 ? labour.fail(n) : labour.hold(n))
    const failed = collect(pool.map(numbers(100), work))
    await expect(failed).rejects.toMatchObject({
      ...{ name: 'RangeError', message: '2 is too much' },
      ...{ worker: expect.stringMatching(/^worker:0:[01]$/), item: 2 },
    })
    expect(mesh.runtime.peers().map(({ awaited }) => awaited)).toEqual([0, 0, 0])
    expect(redone).toEqual([])
  })

  test('with an error that is thrown at once, or by the items, ends it with that error', async () => {
    const thrown = () => {
      throw new TypeError('at once')
    }
    await expect(collect(pool.map(numbers(9), thrown))).rejects.toThrow('at once')
    function* items() {
      yield 1
      throw new TypeError('no more items')
    }
    await expect(collect(pool.map(items(), (labour, n) => labour.times(n)))).rejects.toThrow('no more items')
  })
})

describe('when a worker is lost', () => {
  test('its items are given to others, and nothing else is done again', async () => {
    const places = new Map<number, string[]>()
    const { done } = running(
      pool.map(numbers(20), (labour, n) => {
        places.set(n, [...(places.get(n) ?? []), /worker:0:\d/.exec(`${labour}`)?.[0] ?? ''])
        return labour.hold(n)
      }),
    )
    await eventually(() => begun.length === 4)
    await kill(workers[0] as Role)
    await eventually(() => redone.length === 2)
    expect(redone).toMatchObject([
      { worker: 'worker:0:0', executed: 'maybe' },
      { worker: 'worker:0:0', executed: 'maybe' },
    ])
    const rest = setInterval(() => finish(...numbers(20)), 1)
    await expect(done).resolves.toEqual([...numbers(20)].map((n) => n * 2))
    clearInterval(rest)
    const again = [...places].filter(([, uids]) => uids.length > 1).map(([n]) => n)
    expect(again).toEqual(redone.map(({ index }) => index).sort((x, y) => x - y))
    for (const n of again) expect(places.get(n)).toEqual(['worker:0:0', 'worker:0:1'])
  })

  test('because it ends in good order, its items are given to others as well', async () => {
    const { done } = running(pool.map(numbers(4), (labour, n) => labour.hold(n)))
    await eventually(() => begun.length === 4)
    await workers[0]?.stop()
    await eventually(() => redone.length === 2)
    const rest = setInterval(() => finish(...numbers(4)), 1)
    await expect(done).resolves.toEqual([0, 2, 4, 6])
    clearInterval(rest)
  })

  test('because it drains, it is retired at once, and what runs there counts', async () => {
    const places = new Map<number, string>()
    const { done } = running(
      pool.map(numbers(6), (labour, n) => {
        places.set(n, /worker:0:\d/.exec(`${labour}`)?.[0] ?? '')
        return labour.hold(n)
      }),
    )
    await eventually(() => begun.length === 4)
    const [one, other] = [...places].filter(([, uid]) => uid === 'worker:0:0').map(([n]) => n)
    const stopped = workers[0]?.stop({ drain: 60_000 })
    finish(one ?? 0)
    await eventually(() => redone.length === 1)
    expect(redone).toEqual([{ worker: 'worker:0:0', index: 4, executed: 'no', reason: 'lost' }])
    expect(pool.workers).toEqual(['worker:0:1'])
    finish(other ?? 0)
    await stopped
    finish(...numbers(4))
    await eventually(() => begun.length === 6)
    finish(4, 5)
    await expect(done).resolves.toEqual([0, 2, 4, 6, 8, 10])
    expect(begun).toHaveLength(6)
  })

  test('though it answers, because it has the object no more, its items are given to others as well', async () => {
    workers[0]?.runtime.use((request, next) => {
      if (request.message.kind !== Kind.cmd) return next(request)
      const object = `${request.message.type}#${request.message.object}`
      throw request.refuse(new SkeinError('ERR_NO_SUCH_OBJECT', 'gone', { object, executed: 'no' }))
    })
    expect(await collect(pool.map(numbers(4), (labour, n) => labour.times(n)))).toEqual([0, 2, 4, 6])
    expect(redone[0]).toMatchObject({ worker: 'worker:0:0', executed: 'no' })
    expect(pool.workers).toEqual(['worker:0:1'])
  })

  test('and it was the last one, the map ends with an error that says so', async () => {
    const { done } = running(pool.map(numbers(20), (labour, n) => labour.hold(n)))
    await eventually(() => begun.length === 4)
    await Promise.all(workers.map(kill))
    await expect(done).rejects.toMatchObject({
      code: 'ERR_PEER_LOST',
      executed: 'maybe',
      message: 'all workers of the pool were lost, and 4 items that were begun are not done',
    })
  })

  test('a map that begins without any ends with the same error', async () => {
    await Promise.all(workers.map(kill))
    await eventually(() => pool.workers.length === 0)
    await expect(collect(pool.map([1], (labour, n) => labour.times(n)))).rejects.toMatchObject({
      code: 'ERR_PEER_LOST',
    })
  })

  test('others that join meanwhile go on with the work', async () => {
    const { done } = running(pool.map(numbers(8), (labour, n) => labour.hold(n), { lookahead: 8 }))
    await eventually(() => begun.length === 4)
    await worker(2)
    await eventually(() => begun.length === 6)
    await kill(workers[0] as Role)
    await eventually(() => redone.length === 2)
    const rest = setInterval(() => finish(...numbers(8)), 1)
    await expect(done).resolves.toHaveLength(8)
    clearInterval(rest)
  })

  test('another one that is lost elsewhere is an error like any other', async () => {
    const lost = new SkeinError('ERR_PEER_LOST', 'elsewhere', { uid: 'worker:7:7', executed: 'no' })
    const work = () => Promise.reject(lost)
    await expect(collect(pool.map([1], work))).rejects.toBe(lost)
    expect(pool.workers).toHaveLength(2)
  })
})

test('forEach resolves when all is done', async () => {
  const seen: number[] = []
  await pool.forEach(numbers(20), async (labour, n) => {
    seen.push(await labour.times(n))
  })
  expect(seen.sort((x, y) => x - y)).toEqual([...numbers(20)].map((n) => n * 2))
})
