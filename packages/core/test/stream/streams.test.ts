import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { SkeinError } from '../../src/errors.js'
import { RemoteStream } from '../../src/stream/remote-stream.js'
import { Kind } from '../../src/wire/message.js'
import { Pair } from './pair.js'
import { counting, newTrace, read, threw, unreturnable, webStream } from './sources.js'

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

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
    expect(await pair.outcome(read(pair.stream(make())))).toEqual([1, 2, 3])
    expect([pair.a.streams.producing('b'), pair.b.streams.consuming('a')]).toEqual([0, 0])
  })

  test('does not run before its first item is asked for', async () => {
    const trace = newTrace()
    const stream = pair.stream(counting(trace))
    await pair.settle()
    expect(trace.produced).toBe(0)
    expect(pair.a.posted.concat(pair.b.posted)).toEqual([])
    expect(await pair.outcome(stream.next())).toEqual({ done: false, value: 0 })
  })

  test('tells what it returned, once', async () => {
    const stream = pair.stream(counting(newTrace(), 1))
    await pair.outcome(stream.next())
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: 'counted' })
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: undefined })
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
      for await (const item of pair.stream<AsyncIterable<number> | { nested: AsyncIterable<number> }>(
        outer(),
      )) {
        items.push(...(await read('nested' in item ? item.nested : item)))
      }
      return items
    }
    expect(await pair.outcome(all())).toEqual([10, 11, 20, 21])
  })

  test('can be passed on, and is closed at its producer when whoever got it has enough', async () => {
    const trace = newTrace()
    const here = pair.stream(counting(trace))
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

describe('A stream that fails', () => {
  async function* failing(error: unknown, after = 6) {
    for (let i = 0; i < after; i++) yield i
    throw error
  }

  test('brings its items first, then the error, once', async () => {
    const stream = pair.stream(failing(new RangeError('enough')))
    const items: unknown[] = []
    const reading = (async () => {
      for await (const item of stream) items.push(item)
    })()
    expect(await pair.outcome(reading)).toEqual(threw({ name: 'RangeError', message: 'enough' }))
    expect(items).toEqual([0, 1, 2, 3, 4, 5])
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: undefined })
  })

  test('may throw what is no error, also what cannot be sent', async () => {
    expect(await pair.outcome(read(pair.stream(failing('text'))))).toEqual({ threw: 'text' })
    expect(await pair.outcome(read(pair.stream(failing(() => {}))))).toEqual(threw({ code: 'ERR_REMOTE' }))
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
    const { stream, outcomes } = pair.offer<{ i: number }>(source())
    const items: number[] = []
    const reading = (async () => {
      for await (const { i } of stream) items.push(i)
    })()
    const refused = { code: 'ERR_NOT_SERIALISABLE', path: 'items[20].x.f' }
    expect(await pair.outcome(reading)).toEqual(threw(refused))
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
    expect(await pair.outcome(read(pair.stream(source())))).toEqual(threw({ message: 'rejected' }))
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
    const stream = pair.stream(source())
    expect(await pair.outcome(stream.next())).toEqual({ done: false, value: 1 })
    expect(await pair.outcome(stream.next())).toEqual(
      threw({ code: 'ERR_NOT_SERIALISABLE', path: 'value.f' }),
    )
  })
})
