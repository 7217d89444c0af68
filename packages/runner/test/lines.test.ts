import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LineReader } from '../src/lines.js'

describe('LineReader', () => {
  test('gives the same lines however the bytes are cut into chunks', () => {
    const text = fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll(/[\r\n]/g, ''))
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat(40)), (lines, cuts) => {
        expect(linesOf(cut(Buffer.from(lines.map((line) => `${line}\n`).join('')), cuts))).toEqual(lines)
      }),
    )
  })

  test('takes the carriage return of a line end off', () => {
    expect(linesOf([Buffer.from('one\r\ntwo\r'), Buffer.from('\nthree')])).toEqual(['one', 'two', 'three'])
  })

  test('gives the last line, although it has no end', () => {
    expect(linesOf([Buffer.from('one\nla'), Buffer.from('st')])).toEqual(['one', 'last'])
  })

  test('gives no line after the last line end', () => {
    expect(linesOf([Buffer.from('one\n')])).toEqual(['one'])
  })

  test('cuts a line that is too long into several, none of them longer than the limit, and loses nothing', () => {
    const pieces = linesOf([Buffer.from('abcdefg'), Buffer.from('hij\nk\n')], 4)
    expect(pieces).toEqual(['abcd', 'efgh', 'ij', 'k'])
  })

  test('never cuts through a character', () => {
    expect(linesOf([Buffer.from('abc😀de')], 4)).toEqual(['abc', '😀de'])
  })
})

function linesOf(chunks: readonly Buffer[], longest?: number): string[] {
  const lines: string[] = []
  const reader = new LineReader((line) => lines.push(line), longest)
  for (const chunk of chunks) reader.push(chunk)
  reader.end()
  return lines
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let from = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size))
    from += size
  }
  return [...chunks, bytes.subarray(from)]
}
