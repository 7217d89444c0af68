import { decodeValue, encodeOwn } from './message-format.js'
import { MOST_HOPS, type Package, type Parts } from './package.js'
import { isCount, isText, MOST_LISTED, readParts } from './read.js'

/*
 * Packages travel many at a time, as rows of `[key, source, hops, since, seq, messages]`: those of one channel and source that
 * follow each other share a row, and `seq` is the number of its first. A message of one part is a binary, any other a
 * list of them.
 */

/** So many packages leave together at most; and after so many bytes none is added. */
export const MOST_PACKAGES = 256
const ENOUGH_BYTES = 65_536

interface Run {
  readonly first: Package
  readonly messages: (Uint8Array | Parts)[]
}

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

function rowsOf(batch: readonly Package[]): unknown[][] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const each of batch) {
    if (run === undefined || !continues(run, each)) {
      run = { first: each, messages: [] }
      runs.push(run)
    }
    const [only] = each.parts
    run.messages.push(each.parts.length === 1 && only !== undefined ? only : each.parts)
  }
  return runs.map(({ first: { key, source, hops, since, seq }, messages }) => [
    key,
    source,
    hops,
    since,
    seq,
    messages,
  ])
}

function continues({ first, messages }: Run, { key, source, hops, since, seq }: Package): boolean {
  return (
    first.seq + messages.length === seq &&
    first.key === key &&
    first.source === source &&
    first.hops === hops &&
    first.since === since
  )
}

/** Whether it could be read, into `batch`. */
function readRow(row: unknown, batch: Package[]): boolean {
  if (!Array.isArray(row)) return false
  const [key, source, hops, since, seq, messages]: unknown[] = row
  if (!isText(key) || !isText(source) || !isCount(hops) || hops > MOST_HOPS) return false
  if (!isCount(since, 1) || !isCount(seq, since)) return false
  if (!Array.isArray(messages) || messages.length > MOST_LISTED) return false
  for (const [i, message] of messages.entries()) {
    const parts = message instanceof Uint8Array ? [message] : readParts(message)
    if (parts === undefined) return false
    batch.push({ key, source, hops, since, seq: seq + i, parts })
  }
  return true
}

function areSame(a: readonly Package[], b: readonly Package[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}
