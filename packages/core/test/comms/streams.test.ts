import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { systemClock } from '../../src/clock.js'
import { currentRequest } from '../../src/comms/current-request.js'
import type { Reply } from '../../src/comms/reply.js'
import type { Dispatch } from '../../src/comms/serving.js'
import { CommsManager } from '../../src/comms-manager.js'
import { RemoteStream } from '../../src/stream/remote-stream.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import type { Transport } from '../../src/transport/transport.js'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

type Method = (...args: never[]) => unknown

/** Two runtimes that know each other; the methods of `b` are given. */
class Pair {
  readonly network = new MemoryNetwork({ clock: systemClock, seed: 1, latency: { min: 0, max: 0 } })
  readonly a: CommsManager
  readonly b: CommsManager

  constructor(methods: Readonly<Record<string, Method>>) {
    const dispatch: Dispatch = ({ message }) => {
      const method = methods[message.method]
      if (method === undefined) throw new Error(`no method ${message.method}`)
      return Reflect.apply(method, undefined, message.args)
    }
    this.a = this.#manager('a', dispatch)
    this.b = this.#manager('b', dispatch)
  }

  async start(): Promise<void> {
    await this.a.start()
    await this.b.start()
    await this.a.connect(this.b.entry?.endpoints[0] ?? '')
  }

  async close(): Promise<void> {
    await Promise.all([this.a.destroy(), this.b.destroy()])
    await this.network.close()
  }

  #manager(uid: string, dispatch: Dispatch): CommsManager {
    const options = { uid, meshToken: 'token of the tests', logger: silent }
    const inner = this.network.transport(uid)
    // Runtimes offer the lanes of a real network; here there is one.
    const transport: Transport = {
      listen: (listen, on) => inner.listen({ ...listen, schemes: ['mem'] }, on),
      dial: (endpoint, dial, on) => inner.dial(endpoint, dial, on),
      probe: (endpoint, timeoutMs) => inner.probe(endpoint, timeoutMs),
      close: () => inner.close(),
    }
    return new CommsManager(options, { transport, dispatch })
  }
}

const seen: unknown[] = []

async function* count(to: number): AsyncGenerator<number, string> {
  try {
    for (let i = 1; i <= to; i++) yield i
    return 'all'
  } finally {
    seen.push('count is over')
  }
}

const methods = {
  count,
  async *until(signalled: boolean) {
    const request = currentRequest()
    request?.signal.addEventListener('abort', () => seen.push(request.signal.reason?.code))
    yield 1
    if (signalled) await new Promise((resolve) => request?.signal.addEventListener('abort', resolve))
    yield 2
  },
  async *failing() {
    yield 1
    yield 2
    throw new RangeError('too hot')
  },
  async *doubled(numbers: AsyncIterable<number>) {
    for await (const n of numbers) yield 2 * n
  },
  async sum(numbers: AsyncIterable<number>) {
    let sum = 0
    for await (const n of numbers) sum += n
    return sum
  },
  async first(numbers: AsyncIterable<number>) {
    for await (const n of numbers) return n
    return undefined
  },
  ignoring: (numbers: AsyncIterable<number>) => typeof numbers,
  both: () => ({ low: count(2), high: count(3) }),
  plain: () => [1, 2, 3],
}

describe.each(['over a link', 'to the runtime itself'])('A stream %s', (where) => {
  let pair: Pair
  beforeEach(async () => {
    seen.length = 0
    pair = new Pair(methods)
    await pair.start()
  })
  afterEach(() => pair.close())

  const ask = <T = unknown>(method: string, ...args: unknown[]): Reply<T> =>
    pair.a.sendRecv<T>(where === 'over a link' ? 'b' : 'a', { service: 's', method, args })

  const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
    const all: T[] = []
    for await (const item of items) all.push(item)
    return all
  }

  test('is what a method that yields returns: the reply itself can be iterated', async () => {
    expect(await collect(ask<AsyncIterable<number>>('count', 3))).toEqual([1, 2, 3])
    expect(seen).toEqual(['count is over'])
  })

  test('can be awaited first, and gives what the generator returned', async () => {
    const stream = await ask<RemoteStream<number, string>>('count', 1)
    expect(stream).toBeInstanceOf(RemoteStream)
    expect([await stream.next(), await stream.next(), await stream.next()]).toEqual([
      { done: false, value: 1 },
      { done: true, value: 'all' },
      { done: true, value: undefined },
    ])
  })

  test('of many items arrives whole and in order', async () => {
    const many = sized(4000, 20_000)
    const all = await collect(ask<AsyncIterable<number>>('count', many))
    expect(all.length).toBe(many)
    expect(all.every((item, index) => item === index + 1)).toBe(true)
  })

  test('ends at its producer when its reader leaves the loop', async () => {
    for await (const item of ask<AsyncIterable<number>>('count', 1e9)) if (item === 3) break
    await eventually(() => seen.includes('count is over'))
  })

  test('that is left while it waits for its producer aborts the request that it answers', async () => {
    for await (const _ of ask<AsyncIterable<number>>('until', true)) break
    await eventually(() => seen.includes('ERR_CANCELLED'))
  })

  test('gives the items before an error, and then the error, with who awaits it', async () => {
    const got: unknown[] = []
    const reading = async () => {
      for await (const item of ask<AsyncIterable<number>>('failing')) got.push(item)
    }
    const error = await reading().catch((error: unknown) => error)
    expect(error).toEqual(new RangeError('too hot'))
    expect(got).toEqual([1, 2])
    expect(error).toMatchObject({ stack: expect.stringMatching(/awaited by.*at (async )?reading/s) })
  })

  test('can be an argument, and is read as far as the method wants', async () => {
    expect(await ask('sum', count(100))).toBe(5050)
    expect(await ask('first', count(1e9))).toBe(1)
    await eventually(() => seen.length === 2)
  })

  test('can be made of another one that is read meanwhile', async () => {
    expect(await collect(ask<AsyncIterable<number>>('doubled', count(500)))).toEqual(
      Array.from({ length: 500 }, (_, i) => 2 * (i + 1)),
    )
  })

  test('that a method does not read never begins', async () => {
    expect(await ask('ignoring', count(3))).toBe('object')
    expect(seen).toEqual([])
  })

  test('may lie anywhere in a result', async () => {
    const { low, high } = await ask<{ low: RemoteStream<number>; high: RemoteStream<number> }>('both')
    expect([await collect(high), await collect(low)]).toEqual([
      [1, 2, 3],
      [1, 2],
    ])
  })

  test('can be read once, by one reader', async () => {
    const reply = ask<RemoteStream<number>>('count', 5)
    expect(await collect(reply)).toEqual([1, 2, 3, 4, 5])
    await expect(collect(reply)).rejects.toMatchObject({ code: 'ERR_STREAM_USED' })
    const stream = await ask<RemoteStream<number>>('count', 2)
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    expect(await collect(stream)).toEqual([2])
  })

  test('can be sent once, and not while it is read', async () => {
    const refused = { code: 'ERR_NOT_SERIALISABLE', executed: 'no' }
    const numbers = count(3)
    await expect(ask('sum', [numbers, numbers])).rejects.toMatchObject({ ...refused, path: 'args[0][1]' })
    expect(await ask('sum', numbers)).toBe(6) // it was not sent before
    await expect(ask('sum', numbers)).rejects.toMatchObject({ ...refused, path: 'args[0]' })
    const stream = await ask<RemoteStream<number>>('count', 3)
    await stream.next()
    await expect(ask('sum', stream)).rejects.toMatchObject(refused)
    await stream.return()
  })

  test('is given up by its reply, too', async () => {
    const reply = ask<AsyncIterable<number>>('until', true)
    const got: number[] = []
    const reading = async () => {
      for await (const item of reply) {
        got.push(item)
        reply.cancel('enough')
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'enough' })
    expect(got).toEqual([1])
    await eventually(() => seen.includes('ERR_CANCELLED'))
  })

  test('is none of what a method returns as data', async () => {
    await expect(collect(ask<never>('plain'))).rejects.toThrow(
      'the method returned an instance of Array, and no stream',
    )
  })

  test('counts as running until it is over', async () => {
    const stream = await ask<RemoteStream<number>>('count', 5)
    const running = () => pair.b.peers().find(({ uid }) => uid === 'a')?.running
    if (where === 'over a link') expect(running()).toBe(1)
    await stream.return()
    if (where === 'over a link') await eventually(() => running() === 0)
  })
})
