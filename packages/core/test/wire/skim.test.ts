import { describe, expect, test } from '@jest/globals'
import { Encoder } from '@msgpack/msgpack'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { SkeinError } from '../../src/errors.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { skim } from '../../src/wire/skim.js'
import { expectSame } from '../support/same.js'
import { values } from './values.js'

const codec = new MsgpackCodec()
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const encoded = (value: unknown) => Uint8Array.from(codec.encode(value, [], 'peer'))

function verdict(bytes: Uint8Array, limits = defaultLimits, plain = false): string {
  try {
    skim(bytes, limits, plain)
    return 'passed'
  } catch (error) {
    if (error instanceof SkeinError) return error.code
    throw error
  }
}

describe('Skimming', () => {
  test('passes whatever the codec writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        expectSame(verdict(encoded(value)), 'passed')
      }),
    )
  })

  test.each([
    ['nil', 'c0'],
    ['booleans', '92 c2 c3'],
    ['fixints', '92 7f e0'],
    [
      'every width of integer',
      '98 cc01 cd0001 ce00000001 cf0000000000000001 d001 d10001 d200000001 d30000000000000001',
    ],
    ['both widths of float', '92 ca3f800000 cb3ff0000000000000'],
    ['every width of string', '94 a161 d90161 da000161 db0000000161'],
    ['every width of binary', '93 c40161 c5000161 c60000000161'],
    ['every width of array', '93 90 dc0000 dd00000000'],
    ['every width of map', '93 80 de0000 df00000000'],
    [
      'every width of extension',
      `98 d41900 d5190000 d61900000000 d719${'00'.repeat(8)} d819${'00'.repeat(16)} c70019 c8000019 c90000000019`,
    ],
  ])('knows %s', (_, text) => {
    expect(verdict(hex(text))).toBe('passed')
  })

  test('passes the whole of a value and refuses every part of it', () => {
    const sample = new Encoder().encode([
      1,
      'text',
      { a: [1.5, null, true], b: new Uint8Array(300) },
      -70_000,
      2 ** 40,
    ])
    const extended = encoded([undefined, new Map([[1, new Set(['a', 1n])]]), new Error('x'), /y/])
    for (const whole of [sample, extended]) {
      for (let end = 0; end < whole.length; end++) expectSame(verdict(whole.subarray(0, end)), 'ERR_PROTOCOL')
      expect(verdict(whole)).toBe('passed')
      expect(verdict(Buffer.concat([whole, hex('c0')]))).toBe('ERR_PROTOCOL')
    }
  })

  test.each([
    ['a byte that begins no value', 'c1'],
    ['an array that claims four thousand million values', 'dd ffffffff c0'],
    ['a map that claims them', 'df ffffffff c0'],
    ['a string that claims as many bytes', 'db ffffffff 61'],
    ['an extension that claims them', 'c9 ffffffff 19 00'],
    ['an extension without its type', 'c7 00'],
    ['an extension that holds no value', 'c7 00 05'],
    ['an extension that holds two', 'c7 02 05 9090'],
    ['an extension whose value reaches beyond it', '92 c7 01 05 91 c0'],
    ['an extension whose value ends before it, where a value is awaited around it', '92 c7 02 06 90 c0'],
    ['an extension in an extension, with more bytes at the end of both', 'c7 05 05 c7 02 06 90 c0'],
  ])('refuses %s', (_, text) => {
    expect(verdict(hex(text))).toBe('ERR_PROTOCOL')
  })

  test('refuses more values than the limit, wherever they lie', () => {
    const limits = { ...defaultLimits, nodes: 10 }
    expect(verdict(encoded([1, 2, 3, 4, 5, 6, 7, 8, 9]), limits)).toBe('passed')
    expect(verdict(encoded([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), limits)).toBe('ERR_TOO_LARGE')
    expect(verdict(encoded({ a: 1, b: 2, c: 3, d: 4, e: 5 }), limits)).toBe('ERR_TOO_LARGE')
    expect(verdict(encoded([new Set([1, 2, 3]), new Set([1, 2, 3, 4])]), limits)).toBe('ERR_TOO_LARGE')
  })

  test('refuses a mebibyte of empty maps in a few milliseconds', () => {
    const bytes = Buffer.alloc(1024 ** 2, 0x80)
    hex('dd 000ffffb').copy(bytes)
    expect(verdict(bytes)).toBe('passed')
    expect(verdict(bytes, { ...defaultLimits, nodes: 100_000 })).toBe('ERR_TOO_LARGE')
  })

  test('counts arrays, maps and extensions with a value as levels', () => {
    const limits = { ...defaultLimits, depth: 3 }
    expect(verdict(hex('91 91 91 c0'), limits)).toBe('passed')
    expect(verdict(hex('91 91 91 90'), limits)).toBe('ERR_TOO_LARGE')
    expect(verdict(hex('91 81 a0 81 a0 80'), limits)).toBe('ERR_TOO_LARGE')
    expect(verdict(hex('91 c7 01 06 90'), limits)).toBe('passed')
    expect(verdict(hex('91 c7 02 06 91 90'), limits)).toBe('ERR_TOO_LARGE')
  })

  test('refuses a million levels without overflowing the stack', () => {
    expect(verdict(Buffer.alloc(1_000_000, 0x91))).toBe('ERR_TOO_LARGE')
    // Extensions in extensions, each with nothing in it but the next.
    let nested: Buffer = hex('c0')
    for (let i = 0; i < 5000; i++) {
      const head = Buffer.from([0xc9, 0, 0, 0, 0, 0x05])
      head.writeUInt32BE(nested.length, 1)
      nested = Buffer.concat([head, nested])
    }
    expect(verdict(nested)).toBe('ERR_TOO_LARGE')
  })

  test('can be told to take no extension but byte strings', () => {
    expect(verdict(encoded(['a', 1, new Uint8Array(3)]), defaultLimits, true)).toBe('passed')
    for (const value of [undefined, /x/, new Map(), Buffer.alloc(3)]) {
      expect(verdict(encoded([value]), defaultLimits, true)).toBe('ERR_PROTOCOL')
    }
  })
})

describe('Whatever the bytes', () => {
  test('decoding them gives a value or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expectValueOrTypedError(bytes)
      }),
      { numRuns: sized(600, 3000) },
    )
  })

  test('and also where they are nearly right', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = encoded(value)
        bytes[at % bytes.length] = byte
        expectValueOrTypedError(bytes)
      }),
      { numRuns: sized(300, 2000) },
    )
  })
})

function expectValueOrTypedError(bytes: Uint8Array): void {
  try {
    codec.decode(bytes, [], defaultLimits, 'peer')
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error
    expectSame(['ERR_PROTOCOL', 'ERR_TOO_LARGE'].includes(error.code), true)
  }
}
