import { describe, expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { defaultLimits } from '../../src/wire/limits.js'
import { type Hand, Kind, type Message } from '../../src/wire/message.js'
import { parse, toArray } from '../../src/wire/messages.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'
import { messages } from './values.js'

const entry = {
  uid: 'worker:0:1',
  instance: 'i',
  endpoints: ['tcp://a:1'],
  roles: [],
  host: 'h',
  process: 'p',
}
const hand: Hand = {
  kind: Kind.hand,
  from: entry,
  meshToken: 'm',
  toUid: null,
  to: null,
  nonce: new Uint8Array(16).fill(1),
  token: new Uint8Array(16).fill(2),
  attempt: 1,
  session: 1,
  taken: 0,
}

/** The array of a message with one of its fields replaced. */
function bent(message: Message, index: number, value: unknown): unknown[] {
  return toArray(message).with(index, value)
}

describe('A message', () => {
  test('is the same after it has travelled, whatever its kind', () => {
    const codec = new MsgpackCodec()
    fc.assert(
      fc.property(messages, (message) => {
        const attachments: Uint8Array[] = []
        const bytes = Uint8Array.from(codec.encode(toArray(message), attachments, 'peer'))
        expectSame(parse(codec.decode(bytes, attachments, defaultLimits, 'peer')), message)
      }),
      { numRuns: sized(300, 5000) },
    )
  })

  test('of every kind can be told by its number', () => {
    const numbers = Object.values(Kind)
    expect(numbers).toEqual(numbers.map((_, i) => i + 1))
  })

  test('of an unknown kind is skipped, and extra fields of a known one are ignored', () => {
    expect(parse([Math.max(...Object.values(Kind)) + 1, 'later'])).toBeUndefined()
    expect(parse([...toArray({ kind: Kind.heart, n: 3 }), 'later'])).toEqual({ kind: Kind.heart, n: 3 })
    const later = bent(hand, 1, [...Object.values(entry), 'later'])
    expect(parse([...later, 'later'])).toEqual(hand)
  })

  test.each<[field: string, raw: unknown]>([
    ['a message', 5],
    ['the kind of a message', []],
    ['the kind of a message', ['call']],
    ['the kind of a message', [-1]],
    ['hand.from ', bent(hand, 1, null)],
    ['hand.from.uid', bent(hand, 1, [7])],
    ['hand.from.uid', bent(hand, 1, ['x'.repeat(129)])],
    ['hand.from.endpoints', bent(hand, 1, ['u', 'i', Array(17).fill('e'), [], 'h', 'p'])],
    ['hand.from.endpoints', bent(hand, 1, ['u', 'i', ['e'.repeat(1025)], [], 'h', 'p'])],
    ['hand.from.roles', bent(hand, 1, ['u', 'i', [], [1], 'h', 'p'])],
    ['hand.from.process', bent(hand, 1, ['u', 'i', [], [], 'h'])],
    ['hand.meshToken', bent(hand, 2, null)],
    ['hand.toUid', bent(hand, 3, undefined)],
    ['hand.to ', bent(hand, 4, 4)],
    ['hand.nonce', bent(hand, 5, new Uint8Array(15))],
    ['hand.token', bent(hand, 6, 'x'.repeat(16))],
    ['hand.attempt', bent(hand, 7, 1.5)],
    ['hand.session', bent(hand, 8, -1)],
    ['hand.taken', bent(hand, 9, 2 ** 53)],
    [
      'shake.network[1].uid',
      [2, Object.values(entry), hand.nonce, hand.token, 1, 1, 0, [Object.values(entry), []], null],
    ],
    ['shake.refused.code', [2, Object.values(entry), hand.nonce, hand.token, 1, 1, 0, [], [1]]],
    ['heart.n', [3]],
    ['beat.lag', [4, 1, Number.NaN, 0, 0, 0, 0]],
    ['connect.entry', [5]],
    ['disconnect.reason', [6, 'u', 'i', 'x'.repeat(1025)]],
    ['call.id', [8, '1', 's', 'm', [], null]],
    ['call.service', [8, 1, 'x'.repeat(257), 'm', [], null]],
    ['call.method', [8, 1, 's', undefined, [], null]],
    ['call.args', [8, 1, 's', 'm', { length: 1 }, null]],
    ['call.timeLeft', [8, 1, 's', 'm', [], -1]],
    ['call.timeLeft', [8, 1, 's', 'm', []]],
    ['cmd.object', [9, 1, 't', 5, 'm', [], null]],
    ['reply.value', [10, 1]],
    ['raise.error', [11, 1]],
    ['cancel.reason', [12, 1, null]],
    ['next.items', [13, 1, 'items']],
    ['credit.n', [14, 1, Number.POSITIVE_INFINITY]],
    ['end.value', [15, 1]],
    ['close.stream', [16, -1, 'enough']],
    ['close.reason', [16, 1, 'x'.repeat(1025)]],
    ['fail.error', [17, 1]],
  ])('of a wrong shape is refused, and the error names %s', (field, raw) => {
    expect(() => parse(raw)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
    expect(() => parse(raw)).toThrow(field)
  })

  test('with a name that its reader would refuse is refused at its sender', () => {
    const call = {
      kind: Kind.call,
      id: 1,
      service: 's',
      args: [],
      timeLeft: null,
      method: 'x'.repeat(257),
    } as const
    expect(() => toArray(call)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE', path: 'method', size: 257, limit: 256 }),
    )
  })

  test('with a reason that is too long has it cut', () => {
    const cancel = parse(toArray({ kind: Kind.cancel, id: 1, reason: 'x'.repeat(2000) }))
    expect(cancel).toMatchObject({ reason: 'x'.repeat(1024) })
  })
})

describe('A value that cannot be made here', () => {
  const broken = { code: 'ERR_PROTOCOL', cause: expect.objectContaining({ name: 'SyntaxError' }) }
  const held: [where: string, value: (regexp: RegExp) => unknown][] = [
    ['alone', (regexp) => regexp],
    ['in a list of a record', (regexp) => ({ a: [1, regexp] })],
    ['as the key of a Map', (regexp) => new Map([[regexp, 1]])],
    ['in a Set', (regexp) => new Set([regexp])],
    ['as the cause of an error', (regexp) => new Error('e', { cause: regexp })],
  ]

  /** The messages as they arrive at a Node that does not know a flag of the RegExps in them. */
  function arrive(...sent: Message[]): (Message | undefined)[] {
    const codec = new MsgpackCodec()
    const bytes = Buffer.from(codec.encode(sent.map(toArray), [], 'peer'))
    const bent = Buffer.from(bytes.toString('latin1').replaceAll('\xa1g', '\xa1x'), 'latin1')
    const messages = codec.decode(bent, [], defaultLimits, 'peer')
    return Array.isArray(messages) ? messages.map(parse) : []
  }

  test.each(held)('fails its message, and no other: %s', (_, value) => {
    const [before, reply, after] = arrive(
      { kind: Kind.heart, n: 1 },
      { kind: Kind.reply, id: 5, value: value(/x/g) },
      { kind: Kind.reply, id: 6, value: /fine/ },
    )
    expect(before).toEqual({ kind: Kind.heart, n: 1 })
    expect(reply).toEqual({ kind: Kind.raise, id: 5, error: expect.objectContaining(broken) })
    expect(after).toEqual({ kind: Kind.reply, id: 6, value: /fine/ })
  })

  test('fails a request, which has no arguments then', () => {
    const asked = { id: 3, method: 'm', args: [1, /x/g], timeLeft: null }
    const requests = arrive(
      { kind: Kind.call, service: 's', ...asked },
      { kind: Kind.cmd, type: 't', object: 'o', ...asked },
    )
    for (const request of requests) {
      if (request?.kind !== Kind.call && request?.kind !== Kind.cmd) throw new TypeError('a request was sent')
      expect(request).toMatchObject({ id: 3, method: 'm' })
      expect(request).toMatchObject({ args: [], unreadable: broken })
    }
  })

  test('fails a stream', () => {
    const error = expect.objectContaining(broken)
    expect(
      arrive(
        { kind: Kind.next, stream: 1, items: [1, /x/g] },
        { kind: Kind.end, stream: 2, value: /x/g },
        { kind: Kind.fail, stream: 3, error: /x/g },
        { kind: Kind.raise, id: 4, error: /x/g },
      ),
    ).toEqual([
      { kind: Kind.next, stream: 1, items: [], unreadable: error },
      { kind: Kind.fail, stream: 2, error },
      { kind: Kind.fail, stream: 3, error },
      { kind: Kind.raise, id: 4, error },
    ])
  })
})
