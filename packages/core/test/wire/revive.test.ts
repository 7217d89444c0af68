import { describe, expect, test } from '@jest/globals'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

const codec = new MsgpackCodec()
const decode = (text: string, attachments: Uint8Array[] = []) =>
  codec.decode(Buffer.from(text.replaceAll(' ', ''), 'hex'), attachments, defaultLimits, 'peer')

/** An extension of any size up to 255 bytes, as ext 8. */
function ext(type: number, payload: string): string {
  const bytes = Buffer.from(payload.replaceAll(' ', ''), 'hex')
  return Buffer.from([0xc7, bytes.length, type, ...bytes]).toString('hex')
}

// The payloads of `docs/protocol.md`, byte for byte.
const examples: [what: string, value: unknown, text: string][] = [
  ['undefined', undefined, 'c7 00 00'],
  ['-0', -0, 'c7 00 01'],
  ['a lone surrogate', 'a\ud800', 'd6 02 6100 00d8'],
  ['a bigint', 258n, 'c7 03 03 00 0102'],
  ['a negative bigint', -1n, 'd5 03 01 01'],
  ['a Date', new Date(1000), 'd7 04 408f400000000000'],
  ['a Map', new Map([['a', 1]]), 'd6 05 92 a161 01'],
  ['a Set', new Set([1, 2, 3]), 'd6 06 93 01 02 03'],
  ['a RegExp', /a+/g, 'c7 06 07 92 a2612b a167'],
  ['a Buffer', Buffer.from([1, 2]), 'd5 10 0102'],
  ['a Uint8Array', new Uint8Array([1, 2]), 'd5 11 0102'],
  ['an ArrayBuffer', new Uint8Array([1, 2]).buffer, 'd5 12 0102'],
  ['a DataView', new DataView(new Uint8Array([1, 2]).buffer), 'd5 13 0102'],
  ['an Int8Array', new Int8Array([-1]), 'd4 14 ff'],
  ['a Uint8ClampedArray', new Uint8ClampedArray([255]), 'd4 15 ff'],
  ['an Int16Array', new Int16Array([-2]), 'd5 16 feff'],
  ['a Uint16Array', new Uint16Array([1]), 'd5 17 0100'],
  ['an Int32Array', new Int32Array([-2]), 'd6 18 feffffff'],
  ['a Uint32Array', new Uint32Array([1]), 'd6 19 01000000'],
  ['a Float32Array', new Float32Array([1]), 'd6 1a 0000803f'],
  ['a Float64Array', new Float64Array([1]), 'd7 1b 000000000000f03f'],
  ['a BigInt64Array', new BigInt64Array([-2n]), 'd7 1c feffffffffffffff'],
  ['a BigUint64Array', new BigUint64Array([1n]), 'd7 1d 0100000000000000'],
]

describe('An extension', () => {
  test.each(examples)('has the bytes of the protocol: %s', (_, value, text) => {
    const expected = text.replaceAll(' ', '')
    expect(Buffer.from(codec.encode(value, [], 'peer')).toString('hex')).toBe(expected)
    expect(decode(expected)).toStrictEqual(value)
  })

  test('has the bytes of the protocol: an Error', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E' })
    error.stack = 's'
    const text = 'c7 18 08 94 a9 547970654572726f72 a2 6e6f a1 73 81 a4 636f6465 a1 45'.replaceAll(' ', '')
    expect(Buffer.from(codec.encode(error, [], 'peer')).toString('hex')).toBe(text)
    expect(decode(text)).toMatchObject({ name: 'TypeError', message: 'no', stack: 's', code: 'E' })
  })

  test('has the bytes of the protocol: an attachment', () => {
    const attachments = [new Uint8Array(1)]
    const encoded = codec.encode(new Float64Array(512), attachments, 'peer')
    expect(Buffer.from(encoded).toString('hex')).toBe('c7050a1b00000001')
    expect(decode('c7050a1b00000001', attachments)).toEqual(new Float64Array(512))
  })

  test('has the index of an attachment in four bytes', () => {
    const attachments = new Array<Uint8Array>(0x010203).fill(new Uint8Array(1))
    for (const encode of [(value: unknown) => value, (value: unknown) => [value, new Date(0)]]) {
      const bytes = codec.encode(encode(new Uint8Array(4096)), attachments.slice(), 'peer')
      expect(Buffer.from(bytes).toString('hex')).toContain('c7050a1100010203')
    }
    const arrived = decode('c7050a1100010203', [...attachments, new Uint8Array(4096)])
    expect(arrived).toEqual(new Uint8Array(4096))
  })

  test.each([
    ['of a type that is not known', ext(127, '00'), /type 127/],
    ['of a negative type', 'd6 ff 00000000', /type -1/],
    ['with half a UTF-16 unit', ext(2, '61'), /UTF-16/],
    ['with a bigint without digits', ext(3, '00'), /bigint/],
    ['with a bigint of a third sign', ext(3, '02 01'), /bigint/],
    ['with a Date of four bytes', ext(4, '00000000'), /Date has 4/],
    ['with a Map of three parts', ext(5, '93 01 02 03'), /Map/],
    ['with a Map that is a map', ext(5, '81 a161 01'), /Map/],
    ['with a Set that is a number', ext(6, '01'), /Set/],
    ['with a RegExp that does not compile', ext(7, '92 a128 a0'), /regular expression/],
    ['with a RegExp of unknown flags', ext(7, '92 a161 a178'), /flags/],
    ['with a RegExp of one part', ext(7, '91 a161'), /RegExp/],
    ['with an Error that is a string', ext(8, 'a161'), /error is not an array/],
    ['with an Error of numbers', ext(8, '94 01 02 03 80'), /no name/],
    ['with an Error with a number for a stack', ext(8, '94 a161 a0 01 80'), /stack/],
    ['with an Error without extras', ext(8, '94 a161 a0 c0 c0'), /extras/],
    ['with an Error that carries its message twice', ext(8, '94 a161 a0 c0 81 a76d657373616765 01'), /twice/],
    ['with a Float64Array of nine bytes', ext(27, '000000000000000000'), /Float64Array/],
    ['with an attachment that is not there', ext(10, '11 00000000'), /attachment 0 is not there/],
    ['with an attachment of four bytes', ext(10, '11 000000'), /4 bytes, not 5/],
  ])('is refused %s', (_, text, message) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
    expect(() => decode(text)).toThrow(message)
  })

  test('is refused if it makes of an attachment what is no binary', () => {
    expect(() => decode(ext(10, '08 00000000'), [new Uint8Array(8)])).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    )
  })
})

describe('A map', () => {
  test('with the key __proto__ is refused, and no prototype has changed', () => {
    const map = `81 a9${Buffer.from('__proto__').toString('hex')} 81 a161 01`
    for (const text of [map, `91 ${map}`, ext(6, `91 ${map}`), ext(8, `94 a161 a0 c0 ${map}`)]) {
      expect(() => decode(text)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
      expect(() => decode(text)).toThrow(/__proto__/)
    }
    expect('a' in {}).toBe(false)
  })

  test('with a key that is not a string is refused, also inside an extension', () => {
    expect(() => decode('81 01 02')).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
    expect(() => decode(ext(6, '91 81 01 02'))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })

  test('may have keys that every object inherits: they become its own', () => {
    const value = { constructor: 1, toString: 2, hasOwnProperty: 3 }
    const arrived = codec.decode(Uint8Array.from(codec.encode(value, [], 'peer')), [], defaultLimits, 'peer')
    expect(Object.entries(arrived as object)).toEqual(Object.entries(value))
  })
})
