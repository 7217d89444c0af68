import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { SkeinError } from '../../src/errors.js'
import type { StreamOutcome } from '../../src/stream/producer.js'
import { RemoteStream } from '../../src/stream/remote-stream.js'
import { Kind, type Next, type StreamMessage } from '../../src/wire/message.js'
import { Pair } from './pair.js'
import { counting, newTrace, Tap } from './sources.js'

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

function send<T = unknown, R = unknown>(source: unknown): RemoteStream<T, R> {
  const arrived = pair.send(source)
  if (!(arrived instanceof RemoteStream)) throw new TypeError('a stream was sent')
  return arrived
}

/** A stream with what its sender knows of it. */
function offer<T = unknown>(source: unknown) {
  pair.a.post({ kind: Kind.reply, id: 1, value: source })
  const [offered] = pair.a.streams.taken()
  const letter = pair.a.outbox.pop()
  const message = letter && pair.b.open(letter)
  if (message?.kind !== Kind.reply || offered === undefined) throw new TypeError('a stream was sent')
  const outcomes: StreamOutcome[] = []
  offered.onEnd((outcome) => outcomes.push(outcome))
  return { stream: message.value as RemoteStream<T>, offered, outcomes }
}

/** What a promise settles with once everything has happened that can. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let settled: unknown = 'pending'
  promise.then(
    (value) => (settled = value),
    (error) => (settled = { threw: error }),
  )
  await pair.settle()
  return settled
}

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const kinds = (messages: readonly StreamMessage[]) => messages.map(({ kind }) => kind)
const batches = () => pair.a.posted.filter((message): message is Next => message.kind === Kind.next)
const threw = (facts: object) => ({ threw: expect.objectContaining(facts) })

describe('A stream', () => {
  test.each<[string, () => unknown]>([
    [
      'an async generator',
      async function* () {
        yield* [1, 2, 3]
      },
    ],
    [
      'a generator',
      function* () {
        yield* [1, 2, 3]
      },
    ],
    [
      'a generator of promises',
      function* () {
        yield* [1, Promise.resolve(2), 3]
      },
    ],
    ['a Readable of Node', () => Readable.from([1, 2, 3])],
    ['a ReadableStream of the web', () => webStream([1, 2, 3])],
    ['an async iterable whose iterator cannot be returned', () => unreturnable([1, 2, 3])],
  ])('arrives in order, with all of its items: %s', async (_, make) => {
    expect(await outcome(read(send(make())))).toEqual([1, 2, 3])
    expect([pair.a.streams.producing('b'), pair.b.streams.consuming('a')]).toEqual([0, 0])
  })

  test('does not run before its first item is asked for', async () => {
    const trace = newTrace()
    const stream = send(counting(trace))
    await pair.settle()
    expect(trace.produced).toBe(0)
    expect(pair.a.posted.concat(pair.b.posted)).toEqual([])
    expect(await outcome(stream.next())).toEqual({ done: false, value: 0 })
  })

  test('tells what it returned, once', async () => {
    const stream = send(counting(newTrace(), 1))
    await outcome(stream.next())
    expect(await outcome(stream.next())).toEqual({ done: true, value: 'counted' })
    expect(await outcome(stream.next())).toEqual({ done: true, value: undefined })
  })

  test('may be of streams', async () => {
    async function* inner(n: number) {
      yield* [n, n + 1]
    }
    async function* outer() {
      yield inner(10)
      yield { nested: inner(20) }
    }
    const all = async () => {
      const items: number[] = []
      for await (const item of send<AsyncIterable<number> | { nested: AsyncIterable<number> }>(outer())) {
        items.push(...(await read('nested' in item ? item.nested : item)))
      }
      return items
    }
    expect(await outcome(all())).toEqual([10, 11, 20, 21])
  })

  test('can be passed on, and is closed at its producer when whoever got it has enough', async () => {
    const trace = newTrace()
    const here = send(counting(trace))
    const back = new Pair()
    const there = back.send(here)
    if (!(there instanceof RemoteStream)) throw new TypeError('a stream was passed on')
    const both = async () => {
      const { value } = await there.next()
      await there.return()
      return value
    }
    let done: unknown
    void both().then((value) => (done = value))
    for (let turns = 0; turns < 50; turns++) {
      await pair.settle()
      await back.settle()
    }
    expect(done).toBe(0)
    expect(trace.finished).toBe(1)
    expect(pair.a.streams.producing('b')).toBe(0)
  })

  test('that is sent to the runtime itself has both ends in one table', async () => {
    const { a } = pair
    const stream = a.streams.import(a.streams.offer(counting(newTrace(), 3), 'a'), 'a')
    const reading = read(stream)
    for (let turns = 0; turns < 20; turns++) {
      await a.clock.advance(0)
      a.endTurn()
      for (const letter of a.outbox.splice(0)) {
        const message = a.open(letter)
        if (message && 'stream' in message) a.streams.received('a', message)
      }
    }
    expect(await reading).toEqual([0, 1, 2])
  })
})

describe('A producer', () => {
  test('sends an item that comes alone at the end of its turn', async () => {
    const tap = new Tap<string>()
    const stream = send(tap)
    const first = stream.next()
    await pair.settle()
    tap.give('x')
    await outcome(first)
    tap.give('alone')
    expect(await outcome(stream.next())).toEqual({ done: false, value: 'alone' })
    expect(batches().map(({ items }) => items)).toEqual([['x'], ['alone']])
  })

  test('gathers what is ready into messages of up to 64 items', async () => {
    expect(await outcome(read(send(counting(newTrace(), 300))))).toHaveLength(300)
    expect(batches().map(({ items }) => items.length)).toEqual([1, 4, 16, 64, 64, 64, 64, 23])
  })

  test('makes messages of about 64 KiB of large items, whatever they are', async () => {
    async function* records() {
      for (let i = 0; i < 100; i++) yield { text: 'x'.repeat(20_000) }
    }
    async function* binaries() {
      for (let i = 0; i < 100; i++) yield new Uint8Array(i < 20 ? 10 : 30_000)
    }
    await outcome(read(send(records())))
    await outcome(read(send(binaries())))
    expect(Math.max(...pair.a.sizes)).toBeLessThan(130_000)
    expect(Math.max(...batches().map(({ items }) => items.length))).toBeGreaterThan(10)
  })

  test('lets the others have their turn after each message', async () => {
    const trace = newTrace()
    const stream = send(counting(trace))
    void stream.next()
    while (trace.produced < 85) {
      const before = trace.produced
      await pair.a.clock.advance(0)
      pair.turn()
      expect(trace.produced - before).toBeLessThanOrEqual(64)
    }
  })

  test('has at most 1024 items under way, and goes on when they are consumed', async () => {
    const trace = newTrace()
    const stream = send(counting(trace))
    await outcome(stream.next())
    expect(trace.produced).toBe(1025) // the first one is consumed
    for (let i = 0; i < 20; i++) await outcome(stream.next())
    expect(trace.produced).toBe(1025 + 4 + 16)
  })

  test('has at most 1 MiB under way, and the message that passes it', async () => {
    const size = 100_000
    let produced = 0
    async function* large() {
      for (;;) {
        produced += 1
        yield new Uint8Array(size)
      }
    }
    const stream = send(large())
    void stream.next()
    await pair.settle()
    expect(produced - 1).toBe(Math.ceil(1024 ** 2 / (size + 20)))
  })

  test('sends an item that is larger than the window', async () => {
    async function* huge() {
      yield new Uint8Array(3 * 1024 ** 2)
      yield 'after'
    }
    expect(await outcome(read(send(huge())))).toEqual([expect.any(Uint8Array), 'after'])
  })

  test('pulls nothing while there is no room in the outbox, and a message at each word that there is', async () => {
    const trace = newTrace()
    const stream = send(counting(trace))
    pair.a.room = false
    void stream.next()
    await pair.settle()
    expect([trace.produced, pair.a.waiting.length]).toEqual([0, 1])
    pair.a.grantRoom()
    await pair.settle()
    expect([trace.produced, pair.a.waiting.length]).toEqual([1, 1])
    pair.a.grantRoom()
    await pair.settle()
    expect([trace.produced, pair.a.waiting.length]).toEqual([1 + 4, 1])
    pair.a.room = true
    pair.a.grantRoom()
    await pair.settle()
    expect(trace.produced).toBe(1025)
  })

  test('runs its iterator in the context in which it was offered', async () => {
    const storage = new AsyncLocalStorage<string>()
    pair.a.bind = () => AsyncLocalStorage.snapshot()
    const seen: unknown[] = []
    async function* source() {
      try {
        for (;;) {
          seen.push(storage.getStore())
          yield 1
        }
      } finally {
        seen.push(storage.getStore())
      }
    }
    const stream = storage.run('request', () => send(source()))
    await storage.run('other', () => outcome(stream.next()))
    await stream.return()
    await pair.settle()
    expect(new Set(seen)).toEqual(new Set(['request']))
    expect(seen.length).toBeGreaterThan(2)
  })

  test('is untouched where the value that held it was not sent', async () => {
    const trace = newTrace()
    const source = counting(trace, 2)
    expect(() => pair.send([source, () => {}])).toThrow(expect.objectContaining({ path: 'value[1]' }))
    expect(pair.a.streams.producing('b')).toBe(0)
    expect(pair.a.streams.taken()).toEqual([])
    expect(await read(source)).toEqual([0, 1])
  })

  test.each<[string, () => unknown, string]>([
    ['no object', () => ({ [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }), 'no object'],
    ['no iterator', () => ({ [Symbol.asyncIterator]: () => ({}) }), 'next'],
    ['a throw', () => ({ [Symbol.asyncIterator]: () => thrower('no iterator for you') }), 'for you'],
  ])('fails its stream where the iterator gives %s', async (_, make, text) => {
    expect(await outcome(send(make()).next())).toEqual(threw({ message: expect.stringContaining(text) }))
    expect(pair.a.streams.producing('b')).toBe(0)
  })
})

describe('A stream that fails', () => {
  async function* failing(error: unknown, after = 6) {
    for (let i = 0; i < after; i++) yield i
    throw error
  }

  test('brings its items first, then the error, once', async () => {
    const stream = send(failing(new RangeError('enough')))
    const items: unknown[] = []
    const reading = (async () => {
      for await (const item of stream) items.push(item)
    })()
    expect(await outcome(reading)).toEqual(threw({ name: 'RangeError', message: 'enough' }))
    expect(items).toEqual([0, 1, 2, 3, 4, 5])
    expect(await outcome(stream.next())).toEqual({ done: true, value: undefined })
  })

  test('may throw what is no error, also what cannot be sent', async () => {
    expect(await outcome(read(send(failing('text'))))).toEqual({ threw: 'text' })
    expect(await outcome(read(send(failing(() => {}))))).toEqual(threw({ code: 'ERR_REMOTE' }))
  })

  test('by an item that cannot be sent says which part of it, and brings those before', async () => {
    let finished = 0
    async function* source() {
      try {
        for (let i = 0; i < 30; i++) yield { i, x: i === 20 ? { f() {} } : 0 }
      } finally {
        finished += 1
      }
    }
    const { stream, outcomes } = offer<{ i: number }>(source())
    const items: number[] = []
    const reading = (async () => {
      for await (const { i } of stream) items.push(i)
    })()
    const refused = { code: 'ERR_NOT_SERIALISABLE', path: 'items[0].x.f' }
    expect(await outcome(reading)).toEqual(threw(refused))
    expect(items).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(outcomes).toEqual([{ kind: 'failed', error: expect.objectContaining(refused) }])
    expect(finished).toBe(1)
  })

  test('by a promise that a generator has yielded returns the generator', async () => {
    let finished = 0
    function* source() {
      try {
        yield Promise.resolve(1)
        yield Promise.reject(new RangeError('rejected'))
      } finally {
        finished += 1
      }
    }
    expect(await outcome(read(send(source())))).toEqual(threw({ message: 'rejected' }))
    expect(finished).toBe(1)
  })

  test('by items that cannot be made here is closed at its producer', async () => {
    const stream = pair.b.streams.import(5, 'a')
    const asked = stream.next()
    const unreadable = new SkeinError('ERR_PROTOCOL', 'a RegExp of the future')
    pair.b.streams.received('a', { kind: Kind.next, stream: 5, items: ['x'] })
    pair.b.streams.received('a', { kind: Kind.next, stream: 5, items: [], unreadable })
    expect(await asked).toEqual({ done: false, value: 'x' })
    await expect(stream.next()).rejects.toBe(unreadable)
    expect(pair.b.posted.at(-1)).toMatchObject({ kind: Kind.close, stream: 5 })
  })

  test('by what it returns has all of its items', async () => {
    async function* source() {
      yield 1
      return { f() {} }
    }
    const stream = send(source())
    expect(await outcome(stream.next())).toEqual({ done: false, value: 1 })
    expect(await outcome(stream.next())).toEqual(threw({ code: 'ERR_NOT_SERIALISABLE', path: 'value.f' }))
  })
})

describe('A consumer', () => {
  test('answers in order what is asked for at once', async () => {
    const stream = send(counting(newTrace(), 3))
    const asked = Promise.all(Array.from({ length: 6 }, () => stream.next()))
    expect(await outcome(asked)).toEqual([
      { done: false, value: 0 },
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 'counted' },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })

  test('credits what it has consumed once a turn', async () => {
    await outcome(read(send(counting(newTrace(), 300))))
    const credits = pair.b.posted.filter((message) => message.kind === Kind.credit)
    expect(credits.map(({ n }) => n)).toEqual([0, 1, 4, 16, 64, 64, 64, 64])
  })

  test('credits several messages of one turn at once', async () => {
    const { streams } = pair.b
    const stream = streams.import(5, 'a')
    const asked = Array.from({ length: 4 }, () => stream.next())
    for (let i = 0; i < 2; i++) streams.received('a', { kind: Kind.next, stream: 5, items: [i, i] })
    await Promise.all(asked)
    pair.b.endTurn()
    expect(pair.b.posted).toEqual([0, 4].map((n) => ({ kind: Kind.credit, stream: 5, n })))
  })

  test('may read for as long as it likes', async () => {
    expect(await outcome(read(send(counting(newTrace(), 20_000))))).toHaveLength(20_000)
  })

  test('is iterated once: its iterator is itself', async () => {
    const stream = send(counting(newTrace(), 3))
    expect(stream[Symbol.asyncIterator]()).toBe(stream)
  })

  test.each<[string, (stream: RemoteStream) => unknown]>([
    ['leaves the loop', (stream) => leave(stream)],
    ['returns it', (stream) => stream.return()],
    ['disposes of it', (stream) => stream[Symbol.asyncDispose]()],
  ])('closes it at its producer when it %s', async (_, end) => {
    const trace = newTrace()
    const stream = send(counting(trace))
    await outcome(stream.next())
    await end(stream)
    await pair.settle()
    expect(trace.finished).toBe(1)
    expect(pair.b.posted.filter(({ kind }) => kind === Kind.close)).toHaveLength(1)
    expect([pair.a.streams.producing('b'), pair.b.streams.consuming('a')]).toEqual([0, 0])
    expect(await outcome(stream.next())).toEqual({ done: true, value: undefined })
    await stream.return()
    expect(trace.finished).toBe(1)
  })

  test('that never asked for an item closes it all the same', async () => {
    const tap = new Tap()
    const readable = Readable.from([1])
    const streams = [send(tap), send(readable)]
    for (const stream of streams) await stream.return()
    await pair.settle()
    expect([tap.asked, tap.returned]).toEqual([0, 1])
    expect(readable.destroyed).toBe(true)
  })

  test('waits for no generator that ignores that', async () => {
    const tap = new Tap()
    const stream = send(tap)
    void stream.next()
    await pair.settle()
    expect(await outcome(stream.return('mine'))).toEqual({ done: true, value: 'mine' })
    expect([tap.returned, pair.a.streams.producing('b')]).toEqual([1, 0])
    tap.give('late')
    await pair.settle()
    expect(batches()).toEqual([])
  })

  test('may give it up: whoever waits is told why, and what arrived is dropped', async () => {
    const tap = new Tap()
    const stream = send(tap)
    const asked = [stream.next(), stream.next()]
    await pair.settle()
    stream.cancel('bored')
    expect(await outcome(Promise.allSettled(asked))).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({ code: 'ERR_CANCELLED', uid: 'a', reason: 'bored' }),
      },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ])
    expect(tap.returned).toBe(1)
    stream.cancel('again')
    expect(await outcome(stream.next())).toEqual({ done: true, value: undefined })
  })

  test('is closed when its signal is aborted, also before or between', async () => {
    const controller = new AbortController()
    const traces = [newTrace(), newTrace()]
    const [waiting, idle] = traces.map((trace) => send(counting(trace)).bound({ signal: controller.signal }))
    await outcome(waiting?.next() ?? Promise.resolve())
    controller.abort(new Error('too late'))
    const cancelled = threw({ code: 'ERR_CANCELLED', reason: 'too late' })
    expect(await outcome(waiting?.next() ?? Promise.resolve())).toEqual(cancelled)
    expect(await outcome(idle?.next() ?? Promise.resolve())).toEqual(cancelled)
    const after = send(counting(newTrace())).bound({ signal: controller.signal })
    expect(await outcome(after.next())).toEqual(cancelled)
    expect(traces.map(({ finished }) => finished)).toEqual([1, 0])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    expect(pair.a.streams.producing('b')).toBe(0)
  })

  test('fails when an item is late, and not while nobody waits for one', async () => {
    const tap = new Tap()
    const stream = send(tap).bound({ itemTimeout: 100 })
    const first = stream.next()
    await pair.settle()
    await pair.b.clock.advance(90)
    tap.give('x')
    expect(await outcome(first)).toEqual({ done: false, value: 'x' })
    await pair.b.clock.advance(1000)
    const late = Promise.allSettled([stream.next(), stream.next()])
    await pair.settle()
    await pair.b.clock.advance(99)
    expect(tap.returned).toBe(0)
    await pair.b.clock.advance(17)
    expect(await outcome(late)).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_TIMEOUT', timeoutMs: 100 }) },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ])
    expect([tap.returned, pair.b.deadlines.size]).toEqual([1, 0])
  })

  test('that is let go of is closed', async () => {
    const trace = newTrace()
    await (async () => outcome(send(counting(trace)).next()))()
    const collect = async () => {
      setFlagsFromString('--expose-gc')
      runInNewContext('gc')()
      await pair.settle()
    }
    for (let i = 0; i < 50 && trace.finished === 0; i++) await collect()
    expect(trace.finished).toBe(1)
    expect(pair.b.streams.consuming('a')).toBe(0)
  })

  test('is not let go of while an item is awaited', async () => {
    const tap = new Tap()
    const asked = (() => send(tap).next())()
    await pair.settle()
    setFlagsFromString('--expose-gc')
    for (let i = 0; i < 5; i++) {
      runInNewContext('gc')()
      await pair.settle()
    }
    expect(tap.returned).toBe(0)
    tap.give('x')
    expect(await outcome(asked)).toEqual({ done: false, value: 'x' })
  })
})

describe('The end of a peer', () => {
  test('comes after the items that have arrived', async () => {
    const stream = send(counting(newTrace()))
    await outcome(stream.next())
    pair.b.streams.lose('a', 'crashed')
    const items: unknown[] = []
    const reading = (async () => {
      for await (const item of stream) items.push(item)
    })()
    expect(await outcome(reading)).toEqual(threw({ code: 'ERR_PEER_LOST', uid: 'a', reason: 'crashed' }))
    expect(items).toHaveLength(1024)
    expect(await outcome(stream.next())).toEqual({ done: true, value: undefined })
    expect(kinds(pair.b.posted)).toEqual([Kind.credit, Kind.credit]) // nobody is there to credit or close
  })

  test('returns what it consumed, once', async () => {
    const [begun, idle] = [new Tap(), new Tap()]
    void send(begun).next()
    send(idle)
    await pair.settle()
    pair.a.streams.lose('b', 'silent')
    pair.a.streams.lose('b', 'silent')
    expect([begun.returned, idle.returned, pair.a.streams.producing('b')]).toEqual([1, 1, 0])
  })

  test('leaves the streams of its next instance alone', async () => {
    const { streams } = pair.b
    const old = [1, 2].map((number) => streams.import(number, 'a'))
    streams.lose('a', 'left')
    const [fresh] = [1, 2].map((number) => streams.import(number, 'a'))
    await old[0]?.return()
    for (const stream of old) stream.cancel()
    expect(streams.consuming('a')).toBe(2)
    const asked = fresh?.next()
    expect(streams.received('a', { kind: Kind.next, stream: 1, items: ['x'] })).toBe(true)
    expect(await asked).toEqual({ done: false, value: 'x' })
  })
})

describe('The end of this runtime', () => {
  test('ends all streams, and those that come later', async () => {
    const tap = new Tap()
    const stream = send(tap)
    const asked = stream.next()
    await pair.settle()
    pair.a.streams.close()
    pair.b.streams.close(new SkeinError('ERR_CLOSED', 'stopped'))
    expect(await outcome(asked)).toEqual(threw({ code: 'ERR_CLOSED' }))
    expect(tap.returned).toBe(1)
    expect(() => pair.send(new Tap())).toThrow()
    expect(await outcome(pair.b.streams.import(7, 'a').next())).toEqual(threw({ message: 'stopped' }))
  })
})

describe('Whoever offered a stream', () => {
  test('is told of those in the last value, once', () => {
    pair.send([counting(newTrace()), counting(newTrace())])
    const taken = pair.a.streams.taken()
    expect(taken.map(({ number, peer, isOver }) => [number, peer, isOver])).toEqual([
      [1, 'b', false],
      [2, 'b', false],
    ])
    expect(pair.a.streams.taken()).toEqual([])
    pair.send('no stream')
    expect(pair.a.streams.taken()).toEqual([])
  })

  test('learns how it ended', async () => {
    const ended = offer(counting(newTrace(), 2))
    await outcome(read(ended.stream))
    expect(ended.outcomes).toEqual([{ kind: 'ended' }])
    const closed = offer(counting(newTrace()))
    await closed.stream.return()
    await pair.settle()
    expect(closed.outcomes).toEqual([{ kind: 'closed', reason: 'returned' }])
    const lost = offer(counting(newTrace()))
    pair.a.streams.lose('b', 'crashed')
    expect(lost.outcomes).toEqual([{ kind: 'lost' }])
    const late: StreamOutcome[] = []
    lost.offered.onEnd((outcome) => late.push(outcome))
    expect(late).toEqual(lost.outcomes)
  })

  test('may stop it: its consumer fails with ERR_CANCELLED, the iterator is returned', async () => {
    const trace = newTrace()
    const { stream, offered, outcomes } = offer(counting(trace))
    await outcome(stream.next())
    offered.stop('the request is over')
    offered.stop('twice')
    await pair.settle()
    expect(outcomes).toEqual([{ kind: 'stopped', reason: 'the request is over' }])
    expect([trace.finished, offered.isOver]).toEqual([1, true])
    expect(await outcome(read(stream))).toEqual(threw({ code: 'ERR_CANCELLED' }))
  })

  test('has sent what was there when it was stopped', async () => {
    const tap = new Tap<string>()
    const { stream, offered } = offer(tap)
    const asked = Promise.allSettled([stream.next(), stream.next(), stream.next()])
    await pair.settle()
    for (const item of ['x', 'y']) {
      tap.give(item)
      await pair.a.clock.advance(0) // the second one is gathered, and its turn has not ended
      if (item === 'x') await pair.settle()
    }
    offered.stop('now')
    expect(await outcome(asked)).toEqual([
      { status: 'fulfilled', value: { done: false, value: 'x' } },
      { status: 'fulfilled', value: { done: false, value: 'y' } },
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_CANCELLED' }) },
    ])
  })
})

describe('A peer breaks the protocol', () => {
  const broken = expect.objectContaining({ code: 'ERR_PROTOCOL' })

  test('with items that were not asked for, or four times the window', () => {
    const { streams } = pair.b
    const stream = streams.import(5, 'a')
    const next = (count: number) =>
      streams.received('a', { kind: Kind.next, stream: 5, items: Array(count).fill(0) })
    expect(() => next(1)).toThrow(broken)
    void stream.next()
    expect(next(2048)).toBe(true)
    expect(next(2048)).toBe(true)
    expect(() => next(1)).toThrow(broken)
  })

  test('with credit for what was never sent', () => {
    const { streams } = pair.a
    const number = streams.offer(new Tap(), 'b')
    expect(() => streams.received('b', { kind: Kind.credit, stream: number, n: 1 })).toThrow(broken)
  })

  test('with a number that is in use', () => {
    const { streams } = pair.b
    const kept = streams.import(5, 'a')
    expect(() => streams.import(5, 'a')).toThrow(broken)
    expect(streams.import(5, 'c')).not.toBe(kept)
  })

  test('but not with messages of a stream that is over', () => {
    const messages: StreamMessage[] = [
      { kind: Kind.next, stream: 9, items: [1] },
      { kind: Kind.credit, stream: 9, n: 1 },
      { kind: Kind.end, stream: 9, value: 1 },
      { kind: Kind.close, stream: 9, reason: 'x' },
      { kind: Kind.fail, stream: 9, error: 1 },
    ]
    expect(messages.map((message) => pair.a.streams.received('b', message))).toEqual(Array(5).fill(false))
  })
})

async function leave(stream: RemoteStream): Promise<void> {
  for await (const _ of stream) break
}

function webStream(items: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item)
      controller.close()
    },
  })
}

function unreturnable(items: unknown[]): AsyncIterable<unknown> {
  const left = items.values()
  return { [Symbol.asyncIterator]: () => ({ next: async () => left.next() }) }
}

function thrower(text: string): never {
  throw new Error(text)
}
