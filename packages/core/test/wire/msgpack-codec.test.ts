/// <reference lib="es2024.arraybuffer" />
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { collected } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'
import { binaries, values } from './values.js'

const codec = new MsgpackCodec()

function send(value: unknown, over = codec): unknown {
  const attachments: Uint8Array[] = []
  const bytes = Uint8Array.from(over.encode(value, attachments, 'peer'))
  return over.decode(bytes, attachments, defaultLimits, 'peer')
}

const kindOf = (value: unknown) => (Buffer.isBuffer(value) ? 'Buffer' : Object.prototype.toString.call(value))

describe('A value that is sent', () => {
  test('arrives equal, whatever it is made of', () => {
    fc.assert(
      fc.property(values, (value) => {
        expectSame(send(value), value)
      }),
      { numRuns: sized(250, 5000) },
    )
  })

  test('arrives equal after another codec call has reused the encoder', () => {
    const attachments: Uint8Array[] = []
    const first = Uint8Array.from(codec.encode({ a: [1, { b: 'x' }] }, attachments, 'peer'))
    codec.encode({ other: 'y'.repeat(3000) }, attachments, 'peer')
    expect(codec.decode(first, attachments, defaultLimits, 'peer')).toEqual({ a: [1, { b: 'x' }] })
  })

  test('keeps undefined apart from null and from a key that is not there', () => {
    expect(send({ a: undefined, b: null, c: [undefined, null] })).toStrictEqual({
      a: undefined,
      b: null,
      c: [undefined, null],
    })
  })

  test('has undefined where an array has a hole', () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    expect(send([1, , 3])).toStrictEqual([1, undefined, 3])
  })

  test('keeps the sign of zero', () => {
    expect(Object.is(send(-0), -0)).toBe(true)
    expect(Object.is(send(0), 0)).toBe(true)
  })

  test('keeps lone surrogates', () => {
    for (const text of ['\ud800', 'a\udc00b', `${'x'.repeat(100)}\ud83d`]) expect(send(text)).toBe(text)
  })

  test('keeps bigints of any size and sign', () => {
    for (const n of [0n, 1n, -1n, 255n, -256n, 2n ** 64n, -(2n ** 1000n) + 1n]) expect(send(n)).toBe(n)
  })

  test('keeps an invalid Date invalid', () => {
    expect((send(new Date(Number.NaN)) as Date).getTime()).toBeNaN()
  })

  test('may be of another realm', () => {
    const foreign: unknown = runInNewContext(
      `({ list: [1, [2]], map: new Map([[1, { a: 1 }]]), set: new Set(['a']), date: new Date(5), re: /x/g,
          floats: new Float64Array([1.5]), error: new TypeError('far'), nothing: Object.create(null) })`,
    )
    const here = send(foreign)
    expect(here).toEqual({
      list: [1, [2]],
      map: new Map([[1, { a: 1 }]]),
      set: new Set(['a']),
      date: new Date(5),
      re: /x/g,
      floats: new Float64Array([1.5]),
      error: new TypeError('far'),
      nothing: {},
    })
  })

  test('is not changed by being sent', () => {
    const value = { a: undefined, list: [1n, { when: new Date(0) }], m: new Map([[1, -0]]) }
    const before = structuredClone(value)
    send(value)
    expect(value).toStrictEqual(before)
  })

  test('carries its own enumerable string keys alone, and getters as what they give', () => {
    const value = Object.defineProperties(Object.create(Object.prototype), {
      a: { value: 1, enumerable: true },
      hidden: { value: 2 },
      [Symbol('s')]: { value: 3, enumerable: true },
      got: { get: () => new Date(7), enumerable: true },
    })
    expect(send(value)).toStrictEqual({ a: 1, got: new Date(7) })
    expect(Object.getPrototypeOf(send(Object.create(null)))).toBe(Object.prototype)
  })

  test('may refer to the same thing twice, and arrives with two', () => {
    const shared = { x: 1 }
    const [a, b] = send([shared, shared]) as [object, object]
    expect(a).toEqual(b)
    expect(a).not.toBe(b)
  })

  test('may be an array of a class that iterates otherwise than it counts', () => {
    class Odd extends Array<number> {}
    Object.defineProperty(Odd.prototype, Symbol.iterator, {
      *value() {
        yield 1
      },
    })
    expect(send(Odd.from([5, 6, 7]))).toEqual([5, 6, 7])
  })
})

describe('A binary', () => {
  test('arrives with the same kind and bytes', () => {
    fc.assert(
      fc.property(binaries, (binary) => {
        const arrived = send(binary)
        expectSame([kindOf(arrived), arrived], [kindOf(binary), binary])
      }),
      { numRuns: sized(250, 5000) },
    )
  })

  test('of 4096 bytes becomes an attachment that is not copied, of 4095 it does not', () => {
    for (const make of [
      (n: number) => Buffer.alloc(n),
      (n: number) => new Uint8Array(n),
      (n: number) => new DataView(new ArrayBuffer(n)),
      (n: number) => new ArrayBuffer(n),
      (n: number) => new Int8Array(n),
    ]) {
      const attachments: Uint8Array[] = []
      codec.encode(make(4095), attachments, 'peer')
      expect(attachments).toHaveLength(0)
      const large = make(4096)
      codec.encode({ large }, attachments, 'peer')
      expect(attachments).toHaveLength(1)
      expect(attachments[0]?.buffer).toBe(ArrayBuffer.isView(large) ? large.buffer : large)
    }
  })

  test('is attached as the exact range that it covers', () => {
    const attachments: Uint8Array[] = []
    const doubles = new Float64Array(new ArrayBuffer(16_000), 800, 1000)
    codec.encode(doubles, attachments, 'peer')
    expect(attachments[0]).toMatchObject({ buffer: doubles.buffer, byteOffset: 800, byteLength: 8000 })
  })

  test('that is large arrives as a view where it is aligned, and as a copy where it is not', () => {
    const attachments: Uint8Array[] = []
    const doubles = Float64Array.from({ length: 1000 }, (_, i) => i / 3)
    const bytes = Uint8Array.from(codec.encode(doubles, attachments, 'peer'))
    for (const offset of [8, 3]) {
      const frame = new Uint8Array(new ArrayBuffer(8100), offset, 8000)
      frame.set(new Uint8Array(doubles.buffer))
      const arrived = codec.decode(bytes, [frame], defaultLimits, 'peer') as Float64Array
      expect(arrived).toEqual(doubles)
      expect(arrived.buffer === frame.buffer).toBe(offset === 8)
    }
  })

  test('that is small does not share memory with the batch that brought it', () => {
    const bytes = Uint8Array.from(codec.encode([new Uint8Array(10), Buffer.alloc(10)], [], 'peer'))
    const [array, buffer] = codec.decode(bytes, [], defaultLimits, 'peer') as [Uint8Array, Buffer]
    expect(array.buffer.byteLength).toBe(10)
    expect(buffer.buffer).not.toBe(bytes.buffer)
  })

  test.each([8, 4096])('of a subclass arrives as a plain one: %i bytes', (n) => {
    class Bytes extends Uint8Array {
      readonly own = 1
    }
    class Doubles extends Float64Array {}
    const binaries = [new Bytes(n), new Doubles(n / 8)]
    const plain = [new Uint8Array(n), new Float64Array(n / 8)]
    expect(send(binaries)).toStrictEqual(plain)
    expect(send([binaries, new Date(0)])).toStrictEqual([plain, new Date(0)])
  })

  test.each([8, 4096])(
    'that is resizable, or follows the length of its buffer, arrives fixed: %i bytes',
    (n) => {
      for (const make of [
        (buffer: ArrayBuffer) => buffer,
        (buffer: ArrayBuffer) => new Uint8Array(buffer),
        (buffer: ArrayBuffer) => new DataView(buffer),
      ]) {
        const attachments: Uint8Array[] = []
        const bytes = codec.encode(make(new ArrayBuffer(n, { maxByteLength: 2 * n })), attachments, 'peer')
        const frames = attachments.map((attachment) => attachment.slice())
        const arrived = codec.decode(bytes, frames, defaultLimits, 'peer')
        expect(arrived).toEqual(make(new ArrayBuffer(n)))
        const buffer = ArrayBuffer.isView(arrived) ? arrived.buffer : arrived
        expect(buffer).toMatchObject({ byteLength: n, resizable: false })
      }
    },
  )

  test('is let go of once it is sent, or refused', async () => {
    const sent = (rest: unknown) => {
      const large = new Uint8Array(5000)
      try {
        codec.encode([large, rest], [], 'peer')
      } catch {} // as is meant
      return new WeakRef(large)
    }
    for (const rest of ['plain', new Date(0), Symbol('s')]) await collected(sent(rest))
  })

  test('may come as a MessagePack bin from elsewhere', () => {
    expect(codec.decode(Buffer.from('c403010203', 'hex'), [], defaultLimits, 'peer')).toStrictEqual(
      new Uint8Array([1, 2, 3]),
    )
  })
})

describe('What stays where it is', () => {
  class Service {
    constructor(readonly id: number) {}
  }
  const shared = new MsgpackCodec({
    references: {
      export: (value, peer) => (value instanceof Service ? { id: value.id, for: peer } : undefined),
      import: (reference, peer) => ({ imported: reference, from: peer }),
    },
  })

  test('travels as a reference, which the other side makes a stand-in of', () => {
    expect(send({ s: new Service(3), m: new Map([['x', [new Service(4)]]]) }, shared)).toEqual({
      s: { imported: { id: 3, for: 'peer' }, from: 'peer' },
      m: new Map([['x', [{ imported: { id: 4, for: 'peer' }, from: 'peer' }]]]),
    })
  })

  test('is not taken for a breach of the protocol where the stand-in can not be made', () => {
    const mistaken = new MsgpackCodec({
      references: {
        export: () => 'reference',
        import: () => {
          throw new TypeError('a mistake of ours')
        },
      },
    })
    expect(() => send([new Map([['x', () => {}]])], mistaken)).toThrow(new TypeError('a mistake of ours'))
  })

  test('is asked for only where a value would be refused', () => {
    const asked: unknown[] = []
    const spying = new MsgpackCodec({
      references: { export: (value) => void asked.push(value), import: () => undefined },
    })
    send([{}, [], new Date(), new Map(), /x/, new Error('e'), new Uint8Array(1)], spying)
    expect(asked).toEqual([])
    const fn = () => {}
    expect(() => send(fn, spying)).toThrow()
    expect(asked).toEqual([fn])
  })

  test('may be exported by encoding something else meanwhile', () => {
    const busy: MsgpackCodec = new MsgpackCodec({
      references: {
        export() {
          busy.encode([new Uint8Array(5000), { x: undefined }], [], 'other')
          return 'ref'
        },
        import: (reference) => reference,
      },
    })
    const value = [new Uint8Array(4096), () => {}, new Uint8Array(4100)]
    expect(send(value, busy)).toEqual([value[0], 'ref', value[2]])
  })

  test('may be exported by encoding the error around it', () => {
    const error = Object.assign(new Error('x'), { retry() {} })
    let exporting = false
    const busy: MsgpackCodec = new MsgpackCodec({
      references: {
        export() {
          if (exporting) return 'ref'
          exporting = true
          busy.encode(error, [], 'other')
          return 'ref'
        },
        import: (reference) => reference,
      },
    })
    expect(send(error, busy)).toHaveProperty('retry')
  })

  test('is refused by a reader that takes no references', () => {
    const attachments: Uint8Array[] = []
    const bytes = Uint8Array.from(shared.encode(new Service(1), attachments, 'peer'))
    expect(() => codec.decode(bytes, attachments, defaultLimits, 'peer')).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    )
  })
})
