import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromJson, toJson } from '../src/plain-json.js'

describe('plain values', () => {
  test('arrive as they were', () => {
    const number = fc
      .oneof(fc.double(), fc.constantFrom(Infinity, -Infinity, NaN))
      .map((n) => (n === 0 ? 0 : n))
    const plain = fc.object({ values: [number, fc.string(), fc.boolean(), fc.constant(null)] })
    fc.assert(fc.property(plain, (value) => expect(fromJson(toJson(value))).toEqual(value)))
  })

  test('arrive as they were, also where they look like what stands for a number without end', () => {
    const value = { $number: '5', deep: [{ $number: 'five' }] }
    expect(fromJson(toJson(value))).toEqual(value)
  })

  test.each([
    ['a function', () => {}],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a date', new Date(0)],
    ['a map', new Map([[1, 2]])],
    ['bytes', Buffer.from('abc')],
    ['an object of a class', new (class Volt {})()],
  ])('that are none are refused: %s', (_what, value) => {
    expect(() => toJson({ deep: [value] })).toThrow(expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE' }))
  })
})
