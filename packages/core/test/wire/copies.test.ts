import { expect, test } from '@jest/globals'
import { collected } from '@skein/test-harness'
import { Copies } from '../../src/wire/copies.js'

const MIB = 1024 ** 2
const filled = (bytes: number, value: number) => new Uint8Array(bytes).fill(value)
/** Jest takes seconds to compare so many bytes. */
const isFilled = (bytes: Uint8Array, length: number, value: number) =>
  Buffer.compare(bytes, filled(length, value)) === 0

test('a large copy is made in the memory of one that was released', () => {
  const copies = new Copies()
  const first = copies.of(filled(2 * MIB, 1))
  const second = copies.of(filled(2 * MIB, 2))
  expect(second.buffer).not.toBe(first.buffer)
  copies.release(first)
  const third = copies.of(filled(MIB, 3))
  expect(third.buffer).toBe(first.buffer)
  expect(isFilled(third, MIB, 3)).toBe(true)
  expect(isFilled(second, 2 * MIB, 2)).toBe(true)
})

test('what was released is used once', () => {
  const copies = new Copies()
  const first = copies.of(filled(MIB, 1))
  copies.release(first)
  const second = copies.of(filled(MIB, 2))
  copies.release(first)
  expect(copies.of(filled(MIB, 3)).buffer).not.toBe(second.buffer)
})

test.each([
  ['is smaller', 2 * MIB, 2 * MIB + 1],
  ['is more than twice as large', 4 * MIB + 2, 2 * MIB],
])('no copy is made in memory that %s', (_, released, wanted) => {
  const copies = new Copies()
  const first = copies.of(filled(released, 1))
  copies.release(first)
  const second = copies.of(filled(wanted, 2))
  expect(second.buffer).not.toBe(first.buffer)
  expect(isFilled(second, wanted, 2)).toBe(true)
})

test('of two that were released the larger is used', () => {
  const copies = new Copies()
  const [larger, smaller] = [copies.of(filled(2 * MIB, 1)), copies.of(filled(MIB, 2))]
  for (const each of [larger, smaller]) copies.release(each)
  expect(copies.of(filled(MIB, 3)).buffer).toBe(larger.buffer)
})

test('what was released is garbage until it is used', async () => {
  const copies = new Copies()
  const released = () => {
    const copy = copies.of(filled(MIB, 1))
    copies.release(copy)
    return new WeakRef(copy.buffer)
  }
  await collected(released())
  expect(copies.of(filled(MIB, 2)).byteLength).toBe(MIB)
})

test('small copies have memory of their own', () => {
  const copies = new Copies()
  const first = copies.of(filled(MIB - 1, 1))
  copies.release(first)
  expect(copies.of(filled(MIB - 1, 2)).buffer).not.toBe(first.buffer)
})

test('what is no copy of theirs is not written over', () => {
  const [copies, others] = [new Copies(), new Copies()]
  const given = filled(MIB, 1)
  copies.of(given)
  const theirs = others.of(given)
  for (const each of [given, theirs]) copies.release(each)
  const next = copies.of(filled(MIB, 2))
  expect([given.buffer, theirs.buffer]).not.toContain(next.buffer)
})
