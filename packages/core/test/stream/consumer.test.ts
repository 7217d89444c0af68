import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { collectGarbage, runNode } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { RemoteStream } from '../../src/stream/remote-stream.js'
import { Kind } from '../../src/wire/message.js'
import { Pair } from './pair.js'
import { counting, newTrace, read, Tap, threw } from './sources.js'

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

describe('A consumer', () => {
  test('answers in order what is asked for at once', async () => {
    const stream = pair.stream(counting(newTrace(), 3))
    const asked = Promise.all(Array.from({ length: 6 }, () => stream.next()))
    expect(await pair.outcome(asked)).toEqual([
      { done: false, value: 0 },
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 'counted' },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })

  test('credits what it has consumed once a turn', async () => {
    await pair.outcome(read(pair.stream(counting(newTrace(), 300))))
    const credits = pair.b.posted.filter((message) => message.kind === Kind.credit)
    expect(credits.map(({ n }) => n)).toEqual([0, 1, 4, 16, 64, 128])
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
    const many = sized(4000, 20_000)
    expect(await pair.outcome(read(pair.stream(counting(newTrace(), many))))).toHaveLength(many)
  })

  test('is iterated once: its iterator is itself', async () => {
    const stream = pair.stream(counting(newTrace(), 3))
    expect(stream[Symbol.asyncIterator]()).toBe(stream)
  })

  test.each<[string, (stream: RemoteStream) => unknown]>([
    ['leaves the loop', (stream) => leave(stream)],
    ['returns it', (stream) => stream.return()],
    ['disposes of it', (stream) => stream[Symbol.asyncDispose]()],
  ])('closes it at its producer when it %s', async (_, end) => {
    const trace = newTrace()
    const stream = pair.stream(counting(trace))
    await pair.outcome(stream.next())
    await end(stream)
    await pair.settle()
    expect(trace.finished).toBe(1)
    expect(pair.b.posted.filter(({ kind }) => kind === Kind.close)).toHaveLength(1)
    expect([pair.a.streams.producing('b'), pair.b.streams.consuming('a')]).toEqual([0, 0])
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: undefined })
    await stream.return()
    expect(trace.finished).toBe(1)
  })

  test('that never asked for an item closes it all the same', async () => {
    const tap = new Tap()
    const readable = Readable.from([1])
    const streams = [pair.stream(tap), pair.stream(readable)]
    for (const stream of streams) await stream.return()
    await pair.settle()
    expect([tap.asked, tap.returned]).toEqual([0, 1])
    expect(readable.destroyed).toBe(true)
  })

  test('waits for no generator that ignores that', async () => {
    const tap = new Tap()
    const stream = pair.stream(tap)
    void stream.next()
    await pair.settle()
    expect(await pair.outcome(stream.return('mine'))).toEqual({ done: true, value: 'mine' })
    expect([tap.returned, pair.a.streams.producing('b')]).toEqual([1, 0])
    tap.give('late')
    await pair.settle()
    expect(pair.batches).toEqual([])
  })

  test('may give it up: whoever waits is told why, and what arrived is dropped', async () => {
    const tap = new Tap()
    const stream = pair.stream(tap)
    const asked = [stream.next(), stream.next()]
    await pair.settle()
    stream.cancel('bored')
    expect(await pair.outcome(Promise.allSettled(asked))).toEqual([
      {
        status: 'rejected',
        reason: expect.objectContaining({ code: 'ERR_CANCELLED', uid: 'a', reason: 'bored' }),
      },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ])
    expect(tap.returned).toBe(1)
    stream.cancel('again')
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: undefined })
  })

  test('is closed when its signal is aborted, also before or between', async () => {
    const controller = new AbortController()
    const traces = [newTrace(), newTrace()]
    const [waiting, idle] = traces.map((trace) =>
      pair.stream(counting(trace)).bound({ signal: controller.signal }),
    )
    await pair.outcome(waiting?.next() ?? Promise.resolve())
    controller.abort(new Error('too late'))
    const cancelled = threw({ code: 'ERR_CANCELLED', reason: 'too late' })
    expect(await pair.outcome(waiting?.next() ?? Promise.resolve())).toEqual(cancelled)
    expect(await pair.outcome(idle?.next() ?? Promise.resolve())).toEqual(cancelled)
    const after = pair.stream(counting(newTrace())).bound({ signal: controller.signal })
    expect(await pair.outcome(after.next())).toEqual(cancelled)
    expect(traces.map(({ finished }) => finished)).toEqual([1, 0])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    expect(pair.a.streams.producing('b')).toBe(0)
  })

  test('fails when an item is late, and not while nobody waits for one', async () => {
    const tap = new Tap()
    const stream = pair.stream(tap).bound({ itemTimeout: 100 })
    const first = stream.next()
    await pair.settle()
    await pair.b.clock.advance(90)
    tap.give('x')
    expect(await pair.outcome(first)).toEqual({ done: false, value: 'x' })
    await pair.b.clock.advance(1000)
    const late = Promise.allSettled([stream.next(), stream.next()])
    await pair.settle()
    await pair.b.clock.advance(99)
    expect(tap.returned).toBe(0)
    await pair.b.clock.advance(17)
    expect(await pair.outcome(late)).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_TIMEOUT', timeoutMs: 100 }) },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ])
    expect([tap.returned, pair.b.deadlines.size]).toEqual([1, 0])
  })

  test('that is let go of is closed', async () => {
    const script = join(import.meta.dirname, '../fixtures/lets-go-of-stream.mjs')
    expect(await runNode(script, [])).toEqual({ status: 0, stdout: 'took 0\nopen\nclosed\n', stderr: '' })
  })

  test('is not let go of while an item is awaited', async () => {
    const tap = new Tap()
    const asked = (() => pair.stream(tap).next())()
    await pair.settle()
    for (let i = 0; i < 3; i++) {
      collectGarbage()
      await pair.settle()
    }
    expect(tap.returned).toBe(0)
    tap.give('x')
    expect(await pair.outcome(asked)).toEqual({ done: false, value: 'x' })
  })
})

async function leave(stream: RemoteStream): Promise<void> {
  for await (const _ of stream) break
}
