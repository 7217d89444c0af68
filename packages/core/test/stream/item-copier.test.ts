import { describe, expect, test } from '@jest/globals'
import { ItemCopier, NOT_COPIED } from '../../src/stream/item-copier.js'

const copier = new ItemCopier()

class Mine extends Uint8Array {}
class Listed extends Array {}

describe('An item is copied', () => {
  test.each<[string, unknown]>([
    ['a record', { a: 1, b: 'x', c: [1, { d: null }], e: undefined }],
    ['a list', [1, 'x', [], {}, [true]]],
    ['a Buffer', { bytes: Buffer.from('bytes') }],
    ['bytes', new Uint8Array(1024).fill(3)],
    ['part of an array', new Uint16Array(10).fill(7).subarray(3, 5)],
  ])('that is %s', (_, item) => {
    const copy = copier.copy(item)
    expect(copy).toStrictEqual(item)
    expect(copy).not.toBe(item)
  })

  test.each([['text'], [1], [true], [undefined], [null], [1n], [Symbol.iterator], [() => {}]])(
    'not, but given as it is, if it can’t be changed: %p',
    (item) => expect(copier.copy(item)).toBe(item),
  )

  test.each<[string, unknown]>([
    ['more than 128 values', { values: new Array(128).fill(0) }],
    ['a binary of more than 1 KiB', new Uint8Array(1025)],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(8))],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['a subclass of an array of bytes', new Mine(4)],
    ['a subclass of Array', Listed.from([1])],
    ['a Map', new Map()],
    ['a Date', [new Date(0)]],
    ['a stream', { inner: Object.assign({}, { async *[Symbol.asyncIterator]() {} }) }],
    ['a key that would set a prototype', JSON.parse('{"__proto__": {"a": 1}}')],
    [
      'a getter that throws',
      {
        get broken() {
          throw new Error('broken')
        },
      },
    ],
  ])('not if it holds %s', (_, item) => expect(copier.copy(item)).toBe(NOT_COPIED))

  test('not if it holds itself', () => {
    const endless: unknown[] = []
    endless.push(endless)
    expect(copier.copy(endless)).toBe(NOT_COPIED)
  })
})
