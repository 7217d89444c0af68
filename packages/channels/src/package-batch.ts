import { decodeValue, encodeOwn } from './message-format.js'
import { MOST_HOPS, type Package, type Parts } from './package.js'
import { isCount, isText, MOST_LISTED, readParts } from './read.js'

/*
 * Packages travel many at a time, as rows of `[key, source, hops, seq, messages]`: those of one channel and source that
 * follow each other share a row, and `seq` is the number of its first. A message of one part is a binary, any other a
 * list of them.
 */

/** So many packages leave together at most; and after so many bytes none is added. */
export const MOST_PACKAGES = 256
const ENOUGH_BYTES = 65_536

type Row = [key: string, source: string, hops: number, seq: number, messages: (Uint8Array | Parts)[]]

/** Takes those from a queue that are to leave together. */
export function takeBatch(queue: { shift(): Package | undefined }): Package[] {
  const batch: Package[] = []
  let bytes = 0
  while (batch.length < MOST_PACKAGES && bytes < ENOUGH_BYTES) {
    const next = queue.shift()
    if (next === undefined) break
    for (const part of next.parts) bytes += part.length
    batch.push(next)
  }
  return batch
}

/** Encodes batches. Mostly all neighbours have the same to be sent, and that is encoded once. */
export class BatchEncoder {
  #last: readonly Package[] = []
  #encoded: Parts = []

  /** @throws ERR_TOO_LARGE */
  encode(batch: readonly Package[]): Parts {
    if (!areSame(batch, this.#last)) {
      this.#encoded = encodeOwn(rowsOf(batch))
      this.#last = batch
    }
    return this.#encoded
  }
}

/** @returns undefined if it is malformed */
export function readBatch(parts: Parts): Package[] | undefined {
  let rows: unknown
  try {
    rows = decodeValue(parts)
  } catch {
    return undefined
  }
  if (!Array.isArray(rows)) return undefined
  const batch: Package[] = []
  return rows.every((row) => readRow(row, batch)) ? batch : undefined
}

function rowsOf(batch: readonly Package[]): Row[] {
  const rows: Row[] = []
  let row: Row | undefined
  for (const { key, source, hops, seq, parts } of batch) {
    const isNext = row !== undefined && row[3] + row[4].length === seq
    if (row === undefined || !isNext || row[0] !== key || row[1] !== source || row[2] !== hops) {
      row = [key, source, hops, seq, []]
      rows.push(row)
    }
    const [only] = parts
    row[4].push(parts.length === 1 && only !== undefined ? only : parts)
  }
  return rows
}

/** Whether it could be read, into `batch`. */
function readRow(row: unknown, batch: Package[]): boolean {
  if (!Array.isArray(row)) return false
  const [key, source, hops, seq, messages]: unknown[] = row
  if (!isText(key) || !isText(source) || !isCount(hops) || hops > MOST_HOPS || !isCount(seq, 1)) return false
  if (!Array.isArray(messages) || messages.length > MOST_LISTED) return false
  for (const [i, message] of messages.entries()) {
    const parts = message instanceof Uint8Array ? [message] : readParts(message)
    if (parts === undefined) return false
    batch.push({ key, source, hops, seq: seq + i, parts })
  }
  return true
}

function areSame(a: readonly Package[], b: readonly Package[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}
