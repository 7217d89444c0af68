import { beforeEach, describe, expect, test } from '@jest/globals'
import { SkeinError } from '../../src/errors.js'
import { Kind, type StreamMessage } from '../../src/wire/message.js'
import { Pair } from './pair.js'
import { counting, newTrace, Tap, threw } from './sources.js'

let pair: Pair
beforeEach(() => {
  pair = new Pair()
})

describe('The end of a peer', () => {
  test('comes after the items that have arrived', async () => {
    const stream = pair.stream(counting(newTrace()))
    await pair.outcome(stream.next())
    pair.b.streams.lose('a', 'crashed')
    const items: unknown[] = []
    const reading = (async () => {
      for await (const item of stream) items.push(item)
    })()
    expect(await pair.outcome(reading)).toEqual(threw({ code: 'ERR_PEER_LOST', uid: 'a', reason: 'crashed' }))
    expect(items).toHaveLength(1024)
    expect(await pair.outcome(stream.next())).toEqual({ done: true, value: undefined })
    expect(kinds(pair.b.posted)).toEqual([Kind.credit, Kind.credit]) // nobody is there to credit or close
  })

  test('returns what it consumed, once', async () => {
    const [begun, idle] = [new Tap(), new Tap()]
    void pair.stream(begun).next()
    pair.stream(idle)
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
    const stream = pair.stream(tap)
    const asked = stream.next()
    await pair.settle()
    pair.a.streams.close()
    pair.b.streams.close(new SkeinError('ERR_CLOSED', 'stopped'))
    expect(await pair.outcome(asked)).toEqual(threw({ code: 'ERR_CLOSED' }))
    expect(tap.returned).toBe(1)
    expect(() => pair.send(new Tap())).toThrow()
    expect(await pair.outcome(pair.b.streams.import(7, 'a').next())).toEqual(threw({ message: 'stopped' }))
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

function kinds(messages: readonly StreamMessage[]): number[] {
  return messages.map(({ kind }) => kind)
}
