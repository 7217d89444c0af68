import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SkeinError } from '../../src/errors.js'
import { OpenBatch, readBatch, readGreeting } from '../../src/wire/batch.js'
import type { Codec } from '../../src/wire/codec.js'
import type { Frames } from '../../src/wire/frames.js'
import { HEADER_BYTES, NO_TOKEN, NO_TOKEN_KEY, readHeader, tokenKey, tokenOf } from '../../src/wire/header.js'
import { defaultLimits, type Limits } from '../../src/wire/limits.js'
import { type Call, type Hand, Kind, type Message } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'
import { messages } from './values.js'

const codec = new MsgpackCodec()
const token = Uint8Array.from({ length: 16 }, (_, i) => 240 + i)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const call = (...args: unknown[]): Call => ({
  kind: Kind.call,
  id: 1,
  service: 's',
  method: 'm',
  args,
  timeLeft: null,
})

function batchOf(...all: Message[]): OpenBatch {
  const batch = new OpenBatch(codec)
  for (const message of all) batch.append(message, 'peer')
  return batch
}

const read = (frames: Frames, limits: Limits = defaultLimits) => readBatch(frames, codec, limits, 'peer')
const refusedWith = (code: string) => expect.objectContaining({ code })

/** A batch whose MessagePack is written by hand. */
const written = (text: string) => Buffer.concat([hex('01'), token, hex(text)])

describe('A batch', () => {
  test('arrives with its numbers and messages', () => {
    const number = fc.maxSafeInteger().map(Math.abs)
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 20 }),
        number,
        number,
        number,
        (all, seq, ack, admitted) => {
          const sealed = batchOf(...all).seal()
          const frames = sealed.frames(token, { seq, ack, admitted })
          expectSame(tokenOf(frames[0]), { kind: 'token', token: tokenKey(token) })
          expectSame(read(frames), { seq, ack, admitted, messages: all, unknown: 0 })
          const bytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0)
          expectSame([sealed.messages, sealed.bytes], [all.length, bytes])
        },
      ),
    )
  })

  test('has the layout of the protocol', () => {
    const [frame] = batchOf({ kind: Kind.heart, n: 5 })
      .seal()
      .frames(token, { seq: 1, ack: 2 ** 33 + 3, admitted: 2 ** 33 + 3 })
    expect(frame).toEqual(
      Buffer.concat([
        hex('01'),
        token,
        hex('94 cf 0000000000000001 cf 0000000200000003 cf 0000000200000003 dd 00000001 92 03 05'),
      ]),
    )
  })

  test('is the example of the protocol', () => {
    const request: Call = {
      kind: Kind.call,
      id: 7,
      service: 'math',
      method: 'add',
      args: [1, 2],
      timeLeft: null,
    }
    const example =
      `01 000102030405060708090a0b0c0d0e0f 94 cf0000000000000001 cf0000000000000000 cf0000000000000000
      dd00000001 96 08 07 a46d617468 a3616464 920102 c0`.replaceAll(/\s/g, '')
    const frames = batchOf(request)
      .seal()
      .frames(hex('000102030405060708090a0b0c0d0e0f'), { seq: 1, ack: 0, admitted: 0 })
    expect(frames).toEqual([hex(example)])
  })

  test('counts its bytes with all attachments while it is filled', () => {
    const batch = new OpenBatch(codec)
    expect(batch.bytes).toBe(HEADER_BYTES)
    batch.append(call(new Uint8Array(5000), Buffer.alloc(6000)), 'peer')
    batch.append(call('x'.repeat(10_000)), 'peer')
    expect(batch.messages).toBe(2)
    expect(batch.attachments).toHaveLength(2)
    const { bytes } = batch
    const frames = batch.seal().frames(token, { seq: 1, ack: 0, admitted: 0 })
    expect(frames.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(bytes)
  })

  test('holds its messages as they were when they were appended', () => {
    const args = [{ a: 1 }]
    const batch = batchOf(call(...args))
    args[0] = { a: 2 }
    expect(read(batch.seal().frames(token, { seq: 1, ack: 0, admitted: 0 })).messages).toEqual([
      call({ a: 1 }),
    ])
  })

  test('hands attachments over uncopied, each as a frame', () => {
    const [a, b] = [new Uint8Array(4096), new Float64Array(1000)]
    const frames = batchOf(call(a), call('x', b)).seal().frames(token, { seq: 1, ack: 0, admitted: 0 })
    expect(frames).toHaveLength(3)
    expect(frames[1]).toBe(a)
    expect(frames[2]?.buffer).toBe(b.buffer)
    expect(read(frames).messages).toEqual([call(a), call('x', b)])
  })

  test('is as before when a message is refused', () => {
    const batch = batchOf(call('first', new Uint8Array(5000)))
    const before = [batch.bytes, batch.messages, batch.attachments.length]
    expect(() =>
      batch.append(
        call(new Uint8Array(6000), () => {}),
        'peer',
      ),
    ).toThrow(refusedWith('ERR_NOT_SERIALISABLE'))
    expect([batch.bytes, batch.messages, batch.attachments.length]).toEqual(before)
    batch.append(call(Buffer.alloc(7000)), 'peer')
    expect(read(batch.seal().frames(token, { seq: 1, ack: 0, admitted: 0 })).messages).toEqual([
      call('first', new Uint8Array(5000)),
      call(Buffer.alloc(7000)),
    ])
  })

  test('does not take a message while it encodes another, and takes it afterwards', () => {
    const batch = batchOf()
    const value = {
      big: new Uint8Array(5000),
      get greedy() {
        batch.append(call('inner', new Uint8Array(6000)), 'peer')
        return 1
      },
    }
    expect(() => batch.append(call(value), 'peer')).toThrow(refusedWith('ERR_NOT_SERIALISABLE'))
    batch.append(call('after', new Uint8Array(7000)), 'peer')
    expect(read(batch.seal().frames(token, { seq: 1, ack: 0, admitted: 0 })).messages).toEqual([
      call('after', new Uint8Array(7000)),
    ])
  })

  test.each<[string, (given: Uint8Array<ArrayBuffer>) => unknown]>([
    ['a binary that is gone by then', (given) => ({ given, x: transferring(given) })],
    ['a binary that is gone by then, among others', (given) => new Map([[given, transferring(given)]])],
  ])('is as before when an answer holds %s', (_, make) => {
    const batch = batchOf(call('first', new Uint8Array(5000)))
    const { bytes } = batch
    const reply: Message = { kind: Kind.reply, id: 1, value: make(new Uint8Array(5000)) }
    expect(() => batch.append(reply, 'peer')).toThrow(refusedWith('ERR_NOT_SERIALISABLE'))
    expect([batch.messages, batch.bytes, batch.attachments.length]).toEqual([1, bytes, 1])
    expect(read(batch.seal().frames(token, { seq: 1, ack: 0, admitted: 0 })).messages).toHaveLength(1)
  })

  test('is as before when a codec fails half-way', () => {
    const failing: Codec = {
      encode(_value, attachments) {
        attachments.push(new Uint8Array(1))
        throw new Error('broken')
      },
      decode: () => undefined,
    }
    const batch = new OpenBatch(failing)
    expect(() => batch.append(call(), 'peer')).toThrow('broken')
    expect(batch.attachments).toHaveLength(0)
  })

  test.each<[message: Message, path: string]>([
    [call({ user: { onClick() {} } }), 'args[0].user.onClick'],
    [{ ...call(1, Symbol('x')), kind: Kind.cmd, type: 't', object: 'o' }, 'args[1]'],
    [{ kind: Kind.reply, id: 1, value: () => {} }, 'value'],
    [{ kind: Kind.raise, id: 1, error: [() => {}] }, 'error[0]'],
    [{ kind: Kind.next, stream: 1, items: [1, { f() {} }] }, 'items[1].f'],
    [{ kind: Kind.end, stream: 1, value: { f() {} } }, 'value.f'],
    [{ kind: Kind.fail, stream: 1, error: { f() {} } }, 'error.f'],
  ])('names what was refused as its sender knows it: %#', (message, path) => {
    const error = thrownBy(() => batchOf(message))
    expect(error).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path })
    expect(error.message.startsWith(`${path} is `)).toBe(true)
  })

  test('gets its header in place when it leaves, and is copied when it leaves again', () => {
    const big = new Uint8Array(5000)
    const sealed = batchOf(call(big)).seal()
    const first = sealed.frames(token, { seq: 7, ack: 1, admitted: 1 })
    const snapshot = Buffer.from(first[0] ?? [])
    const other = new Uint8Array(16).fill(9)
    const second = sealed.frames(other, { seq: 7, ack: 2, admitted: 2 })
    expect(first[0]).toEqual(snapshot)
    expect(second[0]?.buffer === first[0]?.buffer && second[0]?.byteOffset === first[0]?.byteOffset).toBe(
      false,
    )
    expect(second[1]).toBe(big)
    expect(tokenOf(second[0])).toEqual({ kind: 'token', token: tokenKey(other) })
    expect(read(second)).toMatchObject({ seq: 7, ack: 2, messages: [call(big)] })
  })

  test('does not copy its messages when it leaves the first time', () => {
    // The buffer that it grew in has room to spare; a copy, too large for Node's pool, has none.
    const sealed = batchOf(call('x'.repeat(200_000)), call('y')).seal()
    const room = (frame: Uint8Array | undefined) => (frame?.buffer.byteLength ?? 0) - (frame?.byteLength ?? 0)
    expect(room(sealed.frames(token, { seq: 1, ack: 0, admitted: 0 })[0])).toBeGreaterThan(0)
    expect(room(sealed.frames(token, { seq: 1, ack: 0, admitted: 0 })[0])).toBe(0)
  })

  test('may be without messages, to acknowledge', () => {
    expect(read(batchOf().seal().frames(token, { seq: 0, ack: 9, admitted: 9 }))).toEqual({
      seq: 0,
      ack: 9,
      admitted: 9,
      messages: [],
      unknown: 0,
    })
  })
})

describe('The token of a batch', () => {
  test('is told, or why there is none', () => {
    expect(tokenOf(undefined)).toEqual({ kind: 'unreadable', reason: 'empty' })
    expect(tokenOf(new Uint8Array(0))).toEqual({ kind: 'unreadable', reason: 'empty' })
    expect(tokenOf(hex('01 0000'))).toEqual({ kind: 'unreadable', reason: 'short' })
    expect(tokenOf(Buffer.concat([hex('02'), token]))).toEqual({ kind: 'unreadable', reason: 'version' })
    expect(tokenOf(Buffer.concat([hex('01'), NO_TOKEN]))).toEqual({ kind: 'token', token: NO_TOKEN_KEY })
  })

  test('is another string for every other token', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (other) => {
        expectSame(tokenKey(other) === tokenKey(token), Buffer.compare(other, token) === 0)
      }),
    )
  })

  test('must be 16 bytes', () => {
    expect(() => batchOf().seal().frames(new Uint8Array(15), { seq: 1, ack: 0, admitted: 0 })).toThrow(
      RangeError,
    )
  })
})

describe('A reader', () => {
  test.each([
    ['fixints', '94 05 06 04 91 92 03 07'],
    ['uint 8', '94 cc05 cc06 cc04 91 92 03 cc07'],
    ['uint 16 and array 16', 'dc0004 cd0005 cd0006 cd0004 dc0001 92 03 07'],
    ['uint 32', 'dd00000004 ce00000005 ce00000006 ce00000004 91 92 03 07'],
    ['int 8 and int 16', '94 d005 d10006 04 91 92 03 07'],
    ['int 32 and int 64', '94 d200000005 d30000000000000006 04 91 92 03 07'],
  ])('takes the header in any width: %s', (_, text) => {
    expect(read([written(text)])).toMatchObject({
      seq: 5,
      ack: 6,
      admitted: 4,
      messages: [{ kind: Kind.heart, n: 7 }],
    })
    expect(readHeader(written(text))).toMatchObject({ seq: 5, ack: 6, admitted: 4, messages: 1 })
  })

  test.each([
    ['no header', ''],
    ['an array of 2', '92 01 02'],
    ['an array of 3', '93 01 02 90'],
    ['a negative number', '94 ff 02 02 90'],
    ['a negative int 8', '94 d0ff 02 02 90'],
    ['a number beyond 2^53', '94 cf0020000000000000 02 02 90'],
    ['a float', '94 cb3ff0000000000000 02 02 90'],
    ['messages that are a map', '94 01 02 02 80'],
    ['a message that is no array', '94 01 02 02 91 05'],
    ['bytes after the messages', '94 01 02 02 90 c0'],
    ['fewer messages than said', '94 01 02 02 92 91 07'],
  ])('refuses %s', (_, text) => {
    expect(() => read([written(text)])).toThrow(refusedWith('ERR_PROTOCOL'))
  })

  test('skips and counts messages of a later version', () => {
    expect(read([written('94 01 02 02 93 92 03 07 92 7f a0 91 07')])).toEqual({
      seq: 1,
      ack: 2,
      admitted: 2,
      messages: [{ kind: Kind.heart, n: 7 }, { kind: Kind.stop }],
      unknown: 1,
    })
  })

  test('refuses what is over its limits, before it decodes', () => {
    const frames = batchOf(call(new Uint8Array(5000)), call(new Uint8Array(5000)))
      .seal()
      .frames(token, { seq: 1, ack: 0, admitted: 0 })
    const neverDecodes: Codec = {
      encode: () => new Uint8Array(0),
      decode: () => {
        throw new Error('decoded')
      },
    }
    for (const limits of [{ frames: 2 }, { batchBytes: 10_000 }, { messages: 1 }]) {
      expect(() => readBatch(frames, neverDecodes, { ...defaultLimits, ...limits }, 'peer')).toThrow(
        refusedWith('ERR_TOO_LARGE'),
      )
    }
    expect(() => read(frames, { ...defaultLimits, nodes: 15 })).toThrow(refusedWith('ERR_TOO_LARGE'))
    expect(() => read(frames, { ...defaultLimits, depth: 1 })).toThrow(refusedWith('ERR_TOO_LARGE'))
    expect(
      read(frames, { ...defaultLimits, frames: 3, messages: 2, depth: 2, nodes: 17 }).messages,
    ).toHaveLength(2)
  })

  test.each<[reader: string, before: string]>([
    ['of plain values', 'c0'],
    ['of all values', 'd7 04 408f400000000000'],
  ])('refuses a second reference to an attachment: the one %s', (_, before) => {
    const many = 20_000
    const references = Buffer.alloc(8 * many, hex('c7050a11 00000000'))
    const heads = `94 01 02 02 91 96 08 01 a173 a16d 92 ${before} dd ${many.toString(16).padStart(8, '0')}`
    const frames = [Buffer.concat([written(heads), references, hex('c0')]), new Uint8Array(4095)]
    const limits = { ...defaultLimits, batchBytes: 1024 ** 2 }
    expect(() => read(frames, limits)).toThrow(refusedWith('ERR_PROTOCOL'))
    expect(() => read(frames, limits)).toThrow(/attachment 0 is referred to twice/)
  })

  test('takes the attachments of an error in any order', () => {
    // The keys that are integers come first when it is encoded.
    const [cause, first] = [Buffer.alloc(4096, 1), Buffer.alloc(4097, 2)]
    const error = Object.assign(new Error('e', { cause }), { 0: first })
    const { messages } = read(batchOf(call(error)).seal().frames(token, { seq: 1, ack: 0, admitted: 0 }))
    expect(messages).toMatchObject([{ args: [{ cause, 0: first }] }])
  })

  test('takes a message as deep as its sender may make it', () => {
    let value: unknown = 1
    for (let i = 0; i < defaultLimits.depth - 2; i++) value = [value]
    expect(read(batchOf(call(value)).seal().frames(token, { seq: 1, ack: 0, admitted: 0 })).messages).toEqual(
      [call(value)],
    )
    expect(() => batchOf(call([value]))).toThrow(refusedWith('ERR_NOT_SERIALISABLE'))
  })

  test('gives a batch or a typed error, wherever a batch is cut off or bent', () => {
    // The stack of a test is long, and every byte of it would be bent.
    const error = Object.assign(new Error('e'), { stack: 'Error: e' })
    const whole = batchOf(call({ a: [1, 'x', new Map([[1, undefined]])] }), call(error)).seal()
    const frame = Buffer.from(whole.frames(token, { seq: 300, ack: 70_000, admitted: 70_000 })[0] ?? [])
    for (let end = 17; end < frame.length; end++) {
      expectSame(thrownBy(() => read([frame.subarray(0, end)])).code, 'ERR_PROTOCOL')
    }
    for (let at = 17; at < frame.length; at++) {
      for (const byte of [0, 0x7f, 0x80, 0xc1, 0xc7, 0xdd, 0xff]) {
        const bent = Buffer.from(frame)
        bent[at] = byte
        try {
          read([bent])
        } catch (thrown) {
          if (!(thrown instanceof SkeinError)) throw thrown
        }
      }
    }
  })
})

describe('A greeting', () => {
  const hand: Hand = {
    kind: Kind.hand,
    from: { uid: 'w', instance: 'i', endpoints: ['tcp://a:1'], roles: [], host: 'h', process: 'p' },
    meshToken: 'm',
    toUid: null,
    to: null,
    nonce: new Uint8Array(16).fill(1),
    token,
    attempt: 1,
    session: 1,
    taken: 0,
  }
  const greet = (frames: Frames, limits: Limits = defaultLimits) => readGreeting(frames, codec, limits)

  test('is a hand or a shake, alone, without a token', () => {
    const shake: Message = {
      ...hand,
      kind: Kind.shake,
      answers: hand.nonce,
      network: [hand.from],
      refused: { code: 'ERR_UID_TAKEN', message: 'taken' },
    }
    expect(greet(batchOf(hand).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 }))).toEqual(hand)
    const { from, answers, attempt, session, taken, network, refused } = shake
    expect(greet(batchOf(shake).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 }))).toEqual({
      kind: Kind.shake,
      from,
      answers,
      token,
      attempt,
      session,
      taken,
      network,
      refused,
    })
  })

  test('of a network of a thousand runtimes is within the limits', () => {
    const id = 'x'.repeat(21)
    const endpoints = [`inproc://skein-${id}`, `ipc:///tmp/skein-1000/${id}`, 'tcp://192.168.100.100:30000']
    const entry = {
      uid: 'worker:10:100',
      instance: id,
      endpoints,
      roles: ['worker'],
      host: id + id,
      process: id,
    }
    const network = Array.from({ length: 1000 }, () => entry)
    const { nonce: answers } = hand
    const shake: Message = {
      kind: Kind.shake,
      from: entry,
      answers,
      token,
      attempt: 1,
      session: 1,
      taken: 0,
      network,
      refused: null,
    }
    const greeting = greet(batchOf(shake).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 }))
    expectSame('network' in greeting && greeting.network, network)
  })

  test.each<[what: string, frames: () => Frames]>([
    [
      'another kind',
      () => batchOf({ kind: Kind.stop }).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 }),
    ],
    ['two messages', () => batchOf(hand, hand).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })],
    ['no message', () => batchOf().seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })],
    ['no frame', () => []],
    ['a token', () => batchOf(hand).seal().frames(token, { seq: 0, ack: 0, admitted: 0 })],
    [
      'an attachment',
      () => [...batchOf(hand).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 }), new Uint8Array(1)],
    ],
    ['a kind of a later version', () => [Buffer.concat([hex('01'), NO_TOKEN, hex('94 00 00 00 91 91 7f')])]],
  ])('is refused with %s', (_, frames) => {
    expect(() => greet(frames())).toThrow(refusedWith('ERR_PROTOCOL'))
  })

  test('is refused beyond its own, smaller limit', () => {
    const frames = batchOf(hand).seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })
    expect(() => greet(frames, { ...defaultLimits, greetingBytes: 100 })).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE', limit: 100 }),
    )
  })

  test('of a mebibyte of empty maps is refused by their number', () => {
    const maps = Buffer.alloc(1024 ** 2 - 100, 0x80)
    hex('dd 000fff90').copy(maps)
    const frame = Buffer.concat([hex('01'), NO_TOKEN, hex('94 00 00 00 91'), maps])
    expect(() => greet([frame])).toThrow(refusedWith('ERR_TOO_LARGE'))
  })

  test('revives nothing that a stranger put into it', () => {
    const imported: unknown[] = []
    const open = new MsgpackCodec({
      references: { export: () => 'ref', import: (reference) => imported.push(reference) },
    })
    const batch = new OpenBatch(open)
    batch.append({ kind: Kind.reply, id: 1, value: () => {} }, 'peer')
    const frames = batch.seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })
    expect(() => readGreeting(frames, open, defaultLimits)).toThrow(refusedWith('ERR_PROTOCOL'))
    expect(imported).toEqual([])
  })

  test('has no streams', () => {
    const imported: unknown[] = []
    const open = new MsgpackCodec({
      streams: { offer: () => 1, import: (stream) => imported.push(stream) },
    })
    const batch = new OpenBatch(open)
    batch.append({ kind: Kind.reply, id: 1, value: { [Symbol.asyncIterator]() {} } }, 'peer')
    const frames = batch.seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })
    expect(() => readGreeting(frames, open, defaultLimits)).toThrow(refusedWith('ERR_PROTOCOL'))
    expect(imported).toEqual([])
  })
})

function thrownBy(fn: () => unknown): SkeinError {
  try {
    fn()
  } catch (error) {
    if (error instanceof SkeinError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Whose getter takes away what was read before. */
function transferring({ buffer }: Uint8Array<ArrayBuffer>): object {
  return {
    get x() {
      if (!buffer.detached) structuredClone(buffer, { transfer: [buffer] })
      return 1
    },
  }
}
