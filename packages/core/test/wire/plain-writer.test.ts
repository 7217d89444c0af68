import { describe, expect, test } from '@jest/globals'
import { Encoder, ExtData } from '@msgpack/msgpack'
import { collected } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { Exporters } from '../../src/wire/exporters.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { Lowering } from '../../src/wire/lower.js'
import { PlainWriter } from '../../src/wire/plain-writer.js'
import { expectSame } from '../support/same.js'
import { codePoints, values } from './values.js'

const encoder = new Encoder({
  extensionCodec: {
    tryToEncode: (value) => (value instanceof ExtData ? value : null),
    decode: () => undefined,
  },
})
const lowering = new Lowering({
  encoder,
  exporters: new Exporters(undefined, undefined),
  limits: defaultLimits,
})

interface ViewConstructor {
  readonly name: string
  /** DataView has none. */
  readonly BYTES_PER_ELEMENT?: number
  new (...part: Part): ArrayBufferView
}

type Part = [buffer: ArrayBuffer, byteOffset: number, length: number]

const views: readonly ViewConstructor[] = [
  Uint8Array,
  DataView,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  class Bytes extends Uint8Array {},
]

/** Binaries of every kind, of a part of a buffer. */
const kinds: readonly [kind: string, of: (...part: Part) => ArrayBuffer | ArrayBufferView][] = [
  ['Buffer', (...part) => Buffer.from(...part)],
  ['ArrayBuffer', (buffer, from, bytes) => buffer.slice(from, from + bytes)],
  ...views.map((View): (typeof kinds)[number] => {
    const { name, BYTES_PER_ELEMENT: width = 1 } = View
    return [name, (buffer, from, bytes) => new View(buffer, from, bytes / width)]
  }),
]

/** Bytes that tell where in the buffer they lie, since 251 is prime. */
function numbered(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, (_, i) => i % 251).buffer
}

/** What is sent: frame 0, and the attachments behind it. */
interface Written {
  readonly bytes: Buffer
  readonly attachments: readonly Uint8Array[]
}

/** Another message of the batch has been attached before. */
const BEFORE = new Uint8Array(4096)

/** What the library makes of a value. */
function byLibrary(value: unknown): Written {
  const attachments = [BEFORE]
  return { bytes: Buffer.from(encoder.encode(lowering.run(value, attachments, 'peer'))), attachments }
}

const writer = new PlainWriter(defaultLimits)

/** What the writer makes of it, unless it gives up. */
function written(value: unknown): Written | undefined {
  const attachments = [BEFORE]
  const bytes = writer.write(value, attachments)
  return bytes && { bytes: Buffer.from(bytes), attachments }
}

const numbers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 32 - 1, 2 ** 32, -0x20, -0x21, -0x80),
  fc.constantFrom(-0x81, -0x8000, -0x8001, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32), -(2 ** 53) + 1, 2 ** 53),
)
const texts = fc.oneof(fc.string({ maxLength: 300 }), codePoints)
const { plain } = fc.letrec((tie) => ({
  plain: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(numbers, texts, fc.boolean(), fc.constant(null), fc.constant(undefined)),
    fc.array(tie('plain'), { maxLength: 20 }),
    fc.dictionary(
      texts.filter((key) => key !== '__proto__'),
      tie('plain'),
      { maxKeys: 20 },
    ),
  ),
}))

describe('The writer of plain values', () => {
  test('writes what the library writes', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expectSame(written(value), byLibrary(value))
      }),
      { numRuns: sized(80, 10_000) },
    )
  })

  test('gives up on what it has no word for, or writes what the library writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        const plain = written(value)
        if (plain !== undefined) expectSame(plain, byLibrary(value))
      }),
    )
  })

  test.each([
    ['a list of 15 and 16', [new Array(15).fill(1), new Array(16).fill(1)]],
    ['a list of 65 535', new Array(65_535).fill(null)],
    ['a list of 65 536', new Array(65_536).fill(null)],
    ['a record of 15', Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`k${i}`, i]))],
    ['a record of 65 536', Object.fromEntries(Array.from({ length: 65_536 }, (_, i) => [`k${i}`, i]))],
    [
      'strings at the bounds of their heads',
      [31, 32, 48, 49, 255, 256, 65_535, 65_536].map((n) => 'x'.repeat(n)),
    ],
    [
      'byte arrays at the bounds of their heads',
      [0, 1, 2, 3, 4, 8, 9, 16, 17, 32, 255, 256, 4095].flatMap((n) => [
        Buffer.from(numbered(n)),
        new Uint8Array(numbered(n)),
        new DataView(numbered(n + 3), 3),
      ]),
    ],
    ['strings of other letters', [10, 11, 16, 85, 86, 21_845, 21_846].map((n) => 'é€'.repeat(n))],
  ])('writes %s', (_, value) => {
    const expected = byLibrary(value)
    const plain = written(value)
    expect(plain?.bytes.equals(expected.bytes)).toBe(true)
    expect(plain?.attachments.length).toBe(expected.attachments.length)
    for (const [i, attachment] of expected.attachments.entries()) {
      expect(Buffer.compare(plain?.attachments[i] ?? Buffer.of(), attachment)).toBe(0)
    }
  })

  test.each(kinds)(
    'writes the part of a buffer that a %s lies on, and attaches it from 4096 bytes',
    (_, of) => {
      for (const bytes of [0, 8, 24, 4088, 4096, 4104]) {
        const buffer = numbered(bytes + 64)
        const part = Buffer.from(buffer, 24, bytes)
        const plain = written(of(buffer, 24, bytes))
        expect(plain).toEqual(byLibrary(of(buffer, 24, bytes)))
        const isAttached = bytes >= 4096
        expect(plain?.attachments.length).toBe(isAttached ? 2 : 1)
        const sent = isAttached ? plain?.attachments[1] : plain?.bytes.subarray(-bytes)
        if (bytes > 0) expect(Buffer.compare(sent ?? Buffer.of(), part)).toBe(0)
      }
    },
  )

  test('lets go of what it has attached, written or not', async () => {
    const attached = (rest: unknown) => {
      const large = new Uint8Array(5000)
      writer.write([large, rest], [])
      return new WeakRef(large)
    }
    for (const rest of ['plain', Symbol('s')]) await collected(attached(rest))
  })

  test.each([
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['a function', () => {}],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['shared bytes', new Uint8Array(new SharedArrayBuffer(3))],
    ['a shared buffer', new SharedArrayBuffer(3)],
    ['what looks like bytes', Object.create(Uint8Array.prototype)],
    ['an instance', new (class Thing {})()],
    ['a list of another kind', new (class List extends Array {})()],
    ['a lone surrogate', '\ud800'],
    ['a key with a lone surrogate', { '\udc00': 1 }],
    ['a key that would be a prototype', JSON.parse('{"__proto__":1}')],
    ['a stream', { [Symbol.asyncIterator]: () => {} }],
    ['a getter that throws', Object.defineProperty({}, 'bad', { enumerable: true, get: () => fail() })],
  ])('gives up on %s, wherever it is', (_, value) => {
    expect(written(value)).toBeUndefined()
    expect(written([1, { a: [value] }])).toBeUndefined()
    expect(written([1])).toEqual(byLibrary([1]))
  })

  test('gives up on what goes beyond the limits, and not on what keeps within them', () => {
    const small = new PlainWriter({ depth: 2, nodes: 10, frameBytes: 5000 })
    const takes = (value: unknown) => small.write(value, []) !== undefined
    expect(takes([[1]])).toBe(true)
    expect(takes([[[1]]])).toBe(false)
    expect(takes([1, 2, 3, 4])).toBe(true)
    expect(takes([1, 2, 3, 4, 5])).toBe(false)
    expect(takes({ a: 1, b: 2 })).toBe(true)
    expect(takes({ a: 1, b: 2, c: 3 })).toBe(false)
    expect(takes(new Uint8Array(5000))).toBe(true)
    expect(takes(new Uint8Array(5001))).toBe(false)
  })

  test('gives up while it writes something else, which goes on unharmed', () => {
    let inner: unknown = 'nothing'
    const value = {
      before: 'x'.repeat(40),
      get now() {
        inner = writer.write(['another'], [])
        return 1
      },
      after: 'y',
    }
    expect(written(value)).toEqual(byLibrary({ before: 'x'.repeat(40), now: 1, after: 'y' }))
    expect(inner).toBeUndefined()
  })
})

function fail(): never {
  throw new Error('not readable')
}
