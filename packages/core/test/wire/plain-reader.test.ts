import { describe, expect, test } from '@jest/globals'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { collected } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { toBinary } from '../../src/wire/binary.js'
import { Extension } from '../../src/wire/extension.js'
import { defaultLimits, type Limits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { NOT_PLAIN, PlainReader } from '../../src/wire/plain-reader.js'
import { skim } from '../../src/wire/skim.js'
import { expectSame } from '../support/same.js'
import { codePoints, values } from './values.js'

const reader = new PlainReader()
const codec = new MsgpackCodec()
const decoder = new Decoder({
  extensionCodec: {
    tryToEncode: () => null,
    decode: (data, type) => {
      if (type >= Extension.buffer) return toBinary(type, data)
      return type === Extension.undefined ? undefined : -0
    },
  },
})

const read = (bytes: Uint8Array, limits: Pick<Limits, 'depth' | 'nodes'> = defaultLimits): unknown =>
  reader.read(bytes, [], limits)

/** What the library makes of bytes that may pass. */
function byLibrary(bytes: Uint8Array): unknown {
  skim(bytes, defaultLimits)
  return decoder.decode(bytes)
}

const encoded = (value: unknown): Uint8Array => Uint8Array.from(codec.encode(value, [], 'peer'))

const bytesOf = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)

/** All that JSON can hold but the one key that can't be sent. */
const jsonValues = fc
  .jsonValue({ depthSize: 'medium' })
  .filter((value) => !JSON.stringify(value).includes('"__proto__":'))

describe('The reader of plain values', () => {
  test('reads what was written, if it is plain', () => {
    fc.assert(
      fc.property(jsonValues, fc.array(codePoints), (value, texts) => {
        expectSame(read(encoded([value, texts, undefined, -0])), [value, texts, undefined, -0])
      }),
      { numRuns: sized(150, 10_000) },
    )
  })

  test('gives up on the rest, or reads what the library reads', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encoded(value)
        const plain = read(bytes)
        if (plain !== NOT_PLAIN) expectSame(plain, byLibrary(bytes))
      }),
      { numRuns: sized(200, 5000) },
    )
  })

  test('takes nothing that the library would refuse, and reads the rest alike', () => {
    const head = fc.integer({ min: 0x80, max: 0xdf })
    const noise = fc
      .array(fc.oneof(head, fc.nat(4), fc.nat(255)), { maxLength: 40 })
      .map((all) => bytesOf(...all))
    let plain = 0
    fc.assert(
      fc.property(noise, (bytes) => {
        const value = read(bytes)
        if (value === NOT_PLAIN) return
        plain += 1
        const expected = byLibrary(bytes)
        // Of bytes that are no UTF-8 the library makes other characters.
        if (!JSON.stringify(value)?.includes('\ufffd')) expectSame(value, expected)
      }),
      { numRuns: sized(1500, 200_000) },
    )
    expect(plain).toBeGreaterThan(0)
  })

  test.each([
    ['int 64', -(2 ** 53) + 1],
    ['uint 64', 2 ** 53 - 1],
    ['int 32', -(2 ** 31)],
    ['int 16', -(2 ** 15)],
    ['int 8', -128],
    ['float 64', Number.MIN_VALUE],
    ['no number', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['byte arrays', [0, 1, 2, 3, 16, 17, 255, 256, 4095].map((n) => new Uint8Array(n).fill(n))],
    ['other binaries', [new Float64Array([1, 2]), new DataView(new ArrayBuffer(3)), new ArrayBuffer(4)]],
    ['buffers', [0, 1, 2, 3, 16, 17, 255, 256, 4095].map((n) => Buffer.alloc(n, n))],
    ['a string of 24 bytes', 'x'.repeat(24)],
    ['a string of 25 bytes', 'x'.repeat(25)],
    ['a string of 70 000 bytes', 'é'.repeat(35_000)],
    ['a list of 70 000', new Array(70_000).fill(true)],
    ['a record of 20', Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key ${i}`, i]))],
  ])('reads %s', (_, value) => {
    expectSame(read(encoded(value)), value)
  })

  test('reads a float 32', () => {
    expect(read(new Encoder({ forceFloat32: true }).encode(0.5))).toBe(0.5)
  })

  test('tells strings apart that meet at one place of its memory', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `name ${i}`)
    const sent = [...texts, ...texts]
    expectSame(
      sent.map((text) => read(encoded(text))),
      sent,
    )
    expect(read(encoded(['Aa', 'BB', 'Aa']))).toEqual(['Aa', 'BB', 'Aa'])
  })

  test.each([
    ['nothing', []],
    ['a value and a byte', [1, 1]],
    ['a string that ends too soon', [0xa2, 0x61]],
    ['a list that ends too soon', [0x92, 1]],
    ['a list that lies about its length', [0xdd, 0x7f, 0xff, 0xff, 0xff]],
    ['a record that lies about its length', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a number that ends too soon', [0xcd, 1]],
    ['a float that ends too soon', [0xcb, 1, 2, 3]],
    ['a key that is no string', [0x81, 1, 1]],
    ['the key __proto__', [0x81, 0xa9, ...Buffer.from('__proto__'), 1]],
    ['a byte that begins no value', [0xc1]],
    ['an extension with a payload', [0xc7, 1, 0, 0]],
    ['a byte string', [0xc4, 1, 1]],
    ['a byte array that ends too soon', [0xc7, 2, 17, 0]],
    ['a byte array of 4 KiB', [0xc8, 0x10, 0, 17, ...new Uint8Array(4096)]],
    ['a list of 16-bit numbers with half a number', [0xd4, Extension.int16Array, 0]],
    ['a binary of an unknown kind', [0xd4, 30, 0]],
    ['an extension that ends before its type', [0xd4]],
  ])('gives up on %s', (_, bytes) => {
    expect(read(bytesOf(...bytes))).toBe(NOT_PLAIN)
    expect(read(bytesOf(0x91, ...bytes))).toBe(NOT_PLAIN)
    expect(read(bytesOf(0x81, 0xa1, 0x61, ...bytes))).toBe(NOT_PLAIN)
  })

  test('copies byte arrays, each into a buffer of its own', () => {
    const bytes = encoded([Buffer.from('ab'), new Uint8Array([1, 2])])
    const value = read(bytes)
    bytes.fill(0)
    expect(value).toEqual([Buffer.from('ab'), new Uint8Array([1, 2])])
    for (const each of Array.isArray(value) ? value : []) expect(each.buffer.byteLength).toBe(2)
  })

  test('gives attachments as views, of the kinds they were sent as', () => {
    const sent = [Buffer.alloc(4096, 1), new Float64Array(512).fill(0.5), new ArrayBuffer(5000)]
    const attachments: Uint8Array[] = []
    const bytes = codec.encode([...sent, sent[0]], attachments, 'peer')
    const value = reader.read(bytes, attachments, defaultLimits)
    expect(value).toEqual([...sent, sent[0]])
    for (const each of Array.isArray(value) ? value.slice(0, 2) : [])
      expect(sent.some((one) => 'buffer' in one && one.buffer === each.buffer)).toBe(true)
  })

  test('gives up on a reference to an attachment that is too short, too long, or leads nowhere', () => {
    const attachments = [new Uint8Array(4096), new Uint8Array(4097)]
    const readAll = (...bytes: readonly number[]) =>
      reader.read(bytesOf(0x92, ...bytes), attachments, defaultLimits)
    expect(readAll(0xc7, 5, Extension.attachment, 17, 0, 0, 0, 1, 0)).toEqual([attachments[1], 0])
    expect(readAll(0, 0xc7, 5, Extension.attachment, 17, 0, 0, 0)).toBe(NOT_PLAIN)
    expect(readAll(0xc7, 4, Extension.attachment, 17, 0, 0, 0, 1, 0)).toBe(NOT_PLAIN)
    expect(readAll(0xc7, 6, Extension.attachment, 17, 0, 0, 0, 1, 0)).toBe(NOT_PLAIN)
    expect(readAll(0xc7, 5, Extension.attachment, 17, 0, 0, 0, 2, 0)).toBe(NOT_PLAIN)
  })

  test('lets go of what it has read from, be that plain or not', async () => {
    const readFrom = (last: number) => {
      const bytes = bytesOf(0x92, 0xc7, 5, Extension.attachment, 17, 0, 0, 0, 0, last)
      const attachment = new Uint8Array(5000)
      reader.read(bytes, [attachment], defaultLimits)
      return [new WeakRef(bytes.buffer), new WeakRef(attachment.buffer)]
    }
    for (const last of [1, 0xc1]) await collected(...readFrom(last))
  })

  test('takes each attachment once, in any order', () => {
    const attachments = Array.from({ length: 5 }, (_, i) => new Uint8Array(4096 + i))
    const readAll = (...indexes: readonly number[]) => {
      const references = indexes.flatMap((index) => [0xc7, 5, Extension.attachment, 17, 0, 0, 0, index])
      return reader.read(bytesOf(0x90 | indexes.length, ...references), attachments, defaultLimits)
    }
    const inOrder = (...indexes: readonly number[]) => indexes.map((index) => attachments[index])
    for (const indexes of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [1, 4, 0, 2, 3],
      [2, 4],
    ]) {
      expect(readAll(...indexes)).toEqual(inOrder(...indexes))
    }
    for (const twice of [
      [0, 0],
      [0, 1, 0],
      [3, 3],
      [2, 0, 0],
      [4, 1, 0, 1],
      [3, 1, 2, 4, 3],
    ]) {
      expect(readAll(...twice)).toBe(NOT_PLAIN)
    }
  })

  test('leaves to others what is deeper than the stack', () => {
    const levels = 100_000
    const limits = { ...defaultLimits, depth: 2 * levels }
    expect(reader.read(Buffer.alloc(levels, 0x91), [], limits)).toBe(NOT_PLAIN)
  })

  test('gives up on an attachment that does not fit its kind', () => {
    const bytes = bytesOf(0xc7, 5, Extension.attachment, Extension.float64Array, 0, 0, 0, 0)
    expect(reader.read(bytes, [new Uint8Array(4097)], defaultLimits)).toBe(NOT_PLAIN)
    expect(reader.read(bytes, [new Uint8Array(4096)], defaultLimits)).toEqual(new Float64Array(512))
  })

  test('keeps to the limits, as skimming does', () => {
    const nested = encoded([[[1]]])
    expect(read(nested, { depth: 3, nodes: 4 })).toEqual([[[1]]])
    expect(read(nested, { depth: 2, nodes: 4 })).toBe(NOT_PLAIN)
    expect(read(nested, { depth: 3, nodes: 3 })).toBe(NOT_PLAIN)
    const record = encoded({ a: 1, b: 2 })
    expect(read(record, { depth: 1, nodes: 5 })).toEqual({ a: 1, b: 2 })
    expect(read(record, { depth: 1, nodes: 4 })).toBe(NOT_PLAIN)
    expect(() => skim(record, { depth: 1, nodes: 4 })).toThrow()
  })
})
