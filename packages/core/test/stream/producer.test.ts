import { AsyncLocalStorage } from 'node:async_hooks'
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { StreamOutcome } from '../../src/stream/producer.js'
import { Pair } from './pair.js'
import { counting, newTrace, read, Tap, threw } from './sources.js'

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

describe('A producer', () => {
  test('sends an item that comes alone at the end of its turn', async () => {
    const tap = new Tap<string>()
    const stream = pair.stream(tap)
    const first = stream.next()
    await pair.settle()
    tap.give('x')
    await pair.outcome(first)
    tap.give('alone')
    expect(await pair.outcome(stream.next())).toEqual({ done: false, value: 'alone' })
    expect(pair.batches.map(({ items }) => items)).toEqual([['x'], ['alone']])
  })

  test('gathers what is ready into messages of up to 128 items', async () => {
    expect(await pair.outcome(read(pair.stream(counting(newTrace(), 300))))).toHaveLength(300)
    expect(pair.batches.map(({ items }) => items.length)).toEqual([1, 4, 16, 64, 128, 87])
  })

  test('makes messages of about 64 KiB of large items, whatever they are', async () => {
    async function* records() {
      for (let i = 0; i < 100; i++) yield { text: 'x'.repeat(20_000) }
    }
    async function* binaries() {
      for (let i = 0; i < 100; i++) yield new Uint8Array(i < 20 ? 10 : 30_000)
    }
    await pair.outcome(read(pair.stream(records())))
    await pair.outcome(read(pair.stream(binaries())))
    expect(Math.max(...pair.a.sizes)).toBeLessThan(130_000)
    expect(Math.max(...pair.batches.map(({ items }) => items.length))).toBeGreaterThan(10)
  })

  test.each<[string, () => unknown, number[]]>([
    ['gathered, and after fewer at first', () => 1, [1, 4, 16, 64, 128, 128]],
    ['sent one by one', () => new Map(), [128, 128, 128, 128, 128, 128]],
  ])('lets the others have their turn after 128 items that are %s', async (_, make, expected) => {
    let produced = 0
    function* items() {
      for (;;) {
        produced += 1
        yield make()
      }
    }
    void pair.stream(items()).next()
    const turns = await turnsUntil(800, () => produced)
    expect(turns.slice(0, 6)).toEqual(expected)
  })

  test.each<[string, number, (i: number) => unknown, number[]]>([
    ['are gathered, and take 1 ms', 1, (i) => i, [1, 4, 8, 8, 8, 8, 8]],
    ['are sent one by one, and take 1 ms', 1, (i) => new Map([[i, i]]), [8, 8, 8, 8, 8]],
    ['take longer than that', 10, (i) => i, [1, ...Array(20).fill(2)]],
  ])(
    'lets them have it after 5 ms, and sends what there is, of items that %s',
    async (_, ms, make, expected) => {
      let produced = 0
      function* items() {
        for (;;) {
          produced += 1
          pair.a.worked += ms
          yield make(produced)
        }
      }
      const stream = pair.stream(items())
      void Promise.all(Array.from({ length: 40 }, () => stream.next()))
      const turns = await turnsUntil(40, () => produced)
      expect(turns).toEqual(expected)
      expect(pair.batches.reduce((sum, { items }) => sum + items.length, 0)).toBe(produced)
    },
  )

  test('lets them have it after 64 KiB that were sent one by one', async () => {
    let produced = 0
    function* items() {
      for (;;) {
        produced += 1
        yield new Map([[1, 'x'.repeat(10_000)]])
      }
    }
    void pair.stream(items()).next()
    const turns = await turnsUntil(50, () => produced)
    expect(turns).toEqual([7, 7, 7, 7, 7, 7, 7, 7])
  })

  test('begins again to count when an item came alone', async () => {
    const tap = new Tap<unknown>()
    const stream = pair.stream(tap)
    const asked = Promise.allSettled(Array.from({ length: 200 }, () => stream.next()))
    const laters: string[] = []
    pair.a.onAsked = (what) => void (what === 'later' && laters.push(what))
    for (let i = 0; i < 200; i++) {
      tap.give(i < 10 ? i : new Map([[1, i]]))
      await pair.settle()
    }
    await pair.outcome(asked)
    expect(laters).toEqual(['later']) // the first message of all may have one item only
  })

  test('has at most 1024 items under way, and goes on when they are consumed', async () => {
    const trace = newTrace()
    const stream = pair.stream(counting(trace))
    await pair.outcome(stream.next())
    expect(trace.produced).toBe(1025) // the first one is consumed
    for (let i = 0; i < 20; i++) await pair.outcome(stream.next())
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
    const stream = pair.stream(large())
    void stream.next()
    await pair.settle()
    expect(produced - 1).toBe(Math.ceil(1024 ** 2 / (size + 20)))
  })

  test('sends an item that is larger than the window', async () => {
    async function* huge() {
      yield new Uint8Array(3 * 1024 ** 2)
      yield 'after'
    }
    expect(await pair.outcome(read(pair.stream(huge())))).toEqual([expect.any(Uint8Array), 'after'])
  })

  test('pulls nothing while there is no room in the outbox, and a message at each word that there is', async () => {
    const trace = newTrace()
    const stream = pair.stream(counting(trace))
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

  const record = { n: 0, deep: { list: [0, { n: 0 }] } }
  const small = Buffer.alloc(10)
  const floats = new Float32Array(4)
  const long: number[] = new Array(1000).fill(0)
  const map = new Map([['n', 0]])
  const own = Object.assign(Object.create(null), { n: 0 })
  test.each<[string, unknown, (n: number) => void]>([
    ['a record', record, (n) => Object.assign(record, { n, deep: { list: [n, { n }] } })],
    ['a record in a record', record, (n) => Object.assign(record.deep.list, [n, { n }])],
    ['a Buffer', small, (n) => small.fill(n)],
    ['a typed array', floats, (n) => floats.fill(n)],
    ['a long list', long, (n) => long.fill(n)],
    ['a Map', map, (n) => map.set('n', n)],
    ['a record without a prototype', own, (n) => Object.assign(own, { n })],
  ])('may use %s again for its next item', async (_, item, set) => {
    async function* again() {
      for (let n = 0; n < 200; n++) {
        set(n)
        yield item
      }
    }
    const text = (value: unknown) => JSON.stringify(value instanceof Map ? [...value] : value)
    const expected: string[] = []
    for await (const given of again()) expected.push(text(given))
    const received = (await pair.outcome(read(pair.stream(again())))) as unknown[]
    expect(received.map(text).findIndex((each, n) => each !== expected[n])).toBe(-1)
    expect(received).toHaveLength(200)
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
    const stream = storage.run('request', () => pair.stream(source()))
    // Long enough to wait for credit, and to rest.
    await storage.run('other', async () => {
      for (let i = 0; i < 2000; i++) await pair.outcome(stream.next())
    })
    await stream.return()
    await pair.settle()
    expect(new Set(seen)).toEqual(new Set(['request']))
    expect(seen.length).toBeGreaterThan(2000)
  })

  test('does within that context what belongs to the stream, and nothing else', async () => {
    const storage = new AsyncLocalStorage<string>()
    pair.a.bind = () => AsyncLocalStorage.snapshot()
    pair.a.outside = AsyncLocalStorage.snapshot()
    const seen = new Set<string>()
    const see = (what: string) => seen.add(`${what} ${storage.getStore() ?? 'outside'}`)
    pair.a.onAsked = see
    const offer = (source: unknown) => {
      const { offered, stream } = storage.run('within', () => pair.offer(source))
      offered.onEnd(({ kind }) => see(kind))
      return pair.outcome(read(stream))
    }
    async function* items() {
      for (let i = 0; i < 100; i++) yield i
      await pair.a.clock.advance(0)
      yield 'x'
      yield new Map()
      return new Map()
    }
    await offer(items())
    async function* broken() {
      yield 1
      throw new TypeError('broken')
    }
    await offer(broken())
    expect([...seen].sort()).toEqual([
      'alone within',
      'defer outside',
      'end within',
      'ended outside',
      'fail within',
      'failed outside',
      'gathered outside',
      'later outside',
    ])
  })

  test('hands out streams in its items and its end that run in that context too', async () => {
    const storage = new AsyncLocalStorage<string>()
    pair.a.bind = () => AsyncLocalStorage.snapshot()
    pair.a.outside = AsyncLocalStorage.snapshot()
    async function* inner() {
      yield storage.getStore()
    }
    async function* outer() {
      for (let i = 0; i < 3; i++) yield inner()
      return inner()
    }
    const stream = storage.run('within', () => pair.stream<AsyncIterable<unknown>>(outer()))
    const results: unknown[] = []
    for (let i = 0; i < 4; i++) {
      const result = (await pair.outcome(stream.next())) as IteratorResult<AsyncIterable<unknown>>
      results.push(await pair.outcome(read(result.value)))
    }
    expect(results).toEqual([['within'], ['within'], ['within'], ['within']])
  })

  test.each<[string, () => unknown]>([
    ['a Buffer whose memory was transferred', () => detached(Buffer.from(new ArrayBuffer(8)))],
    ['what only inherits from Array', () => Object.create(Array.prototype)],
    ['a function', () => () => {}],
  ])('refuses %s as any value is refused, after the items before it', async (_, make) => {
    async function* items() {
      yield 1
      yield 2
      yield { item: make() }
    }
    expect(() => pair.send({ item: make() })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE', path: 'value.item' }),
    )
    const received: unknown[] = []
    const reading = async () => {
      for await (const item of pair.stream(items())) received.push(item)
    }
    expect(await pair.outcome(reading())).toEqual(
      threw({ code: 'ERR_NOT_SERIALISABLE', path: 'items[2].item' }),
    )
    expect(received).toEqual([1, 2])
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
    expect(await pair.outcome(pair.stream(make()).next())).toEqual(
      threw({ message: expect.stringContaining(text) }),
    )
    expect(pair.a.streams.producing('b')).toBe(0)
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
    const ended = pair.offer(counting(newTrace(), 2))
    await pair.outcome(read(ended.stream))
    expect(ended.outcomes).toEqual([{ kind: 'ended' }])
    const closed = pair.offer(counting(newTrace()))
    await closed.stream.return()
    await pair.settle()
    expect(closed.outcomes).toEqual([{ kind: 'closed', reason: 'returned' }])
    const lost = pair.offer(counting(newTrace()))
    pair.a.streams.lose('b', 'crashed')
    expect(lost.outcomes).toEqual([{ kind: 'lost' }])
    const late: StreamOutcome[] = []
    lost.offered.onEnd((outcome) => late.push(outcome))
    expect(late).toEqual(lost.outcomes)
  })

  test('may stop it: its consumer fails with ERR_CANCELLED, the iterator is returned', async () => {
    const trace = newTrace()
    const { stream, offered, outcomes } = pair.offer(counting(trace))
    await pair.outcome(stream.next())
    offered.stop('the request is over')
    offered.stop('twice')
    await pair.settle()
    expect(outcomes).toEqual([{ kind: 'stopped', reason: 'the request is over' }])
    expect([trace.finished, offered.isOver]).toEqual([1, true])
    expect(await pair.outcome(read(stream))).toEqual(threw({ code: 'ERR_CANCELLED' }))
  })

  test('has sent what was there when it was stopped', async () => {
    const tap = new Tap<string>()
    const { stream, offered } = pair.offer(tap)
    const asked = Promise.allSettled([stream.next(), stream.next(), stream.next()])
    await pair.settle()
    for (const item of ['x', 'y']) {
      tap.give(item)
      await pair.a.clock.advance(0) // the second one is gathered, and its turn has not ended
      if (item === 'x') await pair.settle()
    }
    offered.stop('now')
    expect(await pair.outcome(asked)).toEqual([
      { status: 'fulfilled', value: { done: false, value: 'x' } },
      { status: 'fulfilled', value: { done: false, value: 'y' } },
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_CANCELLED' }) },
    ])
  })
})

/** Lets turns pass until so many items are produced: how many there were in each that had some. */
async function turnsUntil(count: number, produced: () => number): Promise<number[]> {
  const turns: number[] = []
  while (produced() < count) {
    const before = produced()
    await pair.a.clock.advance(0)
    pair.turn()
    if (produced() > before) turns.push(produced() - before)
  }
  return turns
}

function detached(buffer: Buffer): Buffer {
  structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] })
  return buffer
}

function thrower(text: string): never {
  throw new Error(text)
}
