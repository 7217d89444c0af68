import { describe, expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { EncodedList } from '../../src/wire/encoded-list.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { ListWriter } from '../../src/wire/list-writer.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'
import { values } from './values.js'

const codec = new MsgpackCodec()

/** In a message, as `next` is. */
function encoded(list: unknown): string {
  return Buffer.from(codec.encode([13, 7, list], [], '')).toString('hex')
}

function listOf(items: readonly unknown[], writer = new ListWriter(defaultLimits, 1024 ** 2)): ListWriter {
  for (const item of items) writer.add(item)
  return writer
}

test('what it takes is encoded as in an array, whatever is refused in between', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 40 }), (items) => {
      const writer = new ListWriter(defaultLimits, 1024 ** 2)
      const taken = items.filter((item) => writer.add(item))
      expectSame([writer.length, encoded(writer.list)], [taken.length, encoded(taken)])
    }),
    { numRuns: sized(100, 10_000) },
  )
})

test.each([0, 1, 15, 16, 65_535, 65_536])('a list of %i items has the head of such an array', (length) => {
  const items = new Array<number>(length).fill(1)
  expect(encoded(listOf(items).list)).toBe(encoded(items))
})

describe('it does not take', () => {
  test.each<[string, unknown]>([
    ['a function', () => {}],
    ['a Map', new Map()],
    ['a record that holds a binary of 4 KiB', { bytes: new Uint8Array(4096) }],
    ['what throws while it is read', Object.defineProperty({}, 'x', { enumerable: true, get: thrower })],
    ['what is too large', 'x'.repeat(1000)],
  ])('%s, and stays as it was', (_, item) => {
    const writer = listOf([1, 'two'], new ListWriter(defaultLimits, 200))
    expect(writer.add(item)).toBe(false)
    expect(writer.length).toBe(2)
    expect(encoded(writer.list)).toBe(encoded([1, 'two']))
  })

  test('more than the limits of a message allow', () => {
    const limits = { ...defaultLimits, nodes: 100, frameBytes: 1024 }
    const strict = new MsgpackCodec({ limits })
    const decodes = ({ list }: ListWriter) =>
      strict.decode(strict.encode([13, 7, list], [], ''), [], limits, '')
    for (const item of [[1, 2, 3], 'x'.repeat(50), 1]) {
      const writer = new ListWriter(limits, 1024 ** 2)
      let taken = 0
      while (writer.add(item)) taken += 1
      expect(taken).toBeGreaterThan(5)
      expect(decodes(writer)).toEqual([13, 7, new Array(taken).fill(item)])
    }
  })

  test('anything while it takes something', () => {
    const writer = new ListWriter(defaultLimits, 200)
    let inner: boolean | undefined
    const item = {
      get x() {
        inner = writer.add(2)
        return 1
      },
    }
    expect(writer.add(item)).toBe(true)
    expect(inner).toBe(false)
    expect(encoded(writer.list)).toBe(encoded([{ x: 1 }]))
  })
})

test('what it takes is as deep as a value in a message may be, and not deeper', () => {
  const isEncoded = (item: unknown) => {
    try {
      return encoded([item]) !== ''
    } catch {
      return false
    }
  }
  const taken = Array.from({ length: defaultLimits.depth }, (_, levels) => {
    const item = nested(levels)
    expect(new ListWriter(defaultLimits, 1024).add(item)).toBe(isEncoded(item))
    return isEncoded(item)
  })
  expect(new Set(taken).size).toBe(2)
})

test('it begins anew when it was cleared', () => {
  const writer = listOf([1, 2, 3])
  writer.clear()
  expect([writer.length, writer.bytes]).toEqual([0, 0])
  expect(encoded(listOf(['x'], writer).list)).toBe(encoded(['x']))
})

test('nobody but a writer of lists puts a list into a message', () => {
  const own = { length: 1, nodes: 1, bytes: new Uint8Array([1]) }
  expect(encoded([own])).not.toBe(encoded(new EncodedList(1, 1, new Uint8Array([1]))))
})

function thrower(): never {
  throw new Error('no value')
}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}
