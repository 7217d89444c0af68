import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { type AuditRecord, decodeRecord, encodeRecord, RECORD_BYTES } from './record.js'

/** Records that are held before they are written, where it doesn't matter if a kill loses them. */
const HELD = 256

/**
 * The log of one member. An execution is in the hands of the system before its method goes on: a member that is killed
 * has told all that it did.
 */
export class Journal {
  readonly #file: number
  readonly #buffer = Buffer.alloc(HELD * RECORD_BYTES)
  #used = 0
  #isClosed = false

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  /** What nobody would miss, if its writer were killed first. Does nothing once the journal is closed. */
  note(record: AuditRecord): void {
    if (this.#isClosed) return
    encodeRecord(record, this.#buffer, this.#used)
    this.#used += RECORD_BYTES
    if (this.#used === this.#buffer.length) this.flush()
  }

  /** What must be known whatever happens next. */
  testify(record: AuditRecord): void {
    this.note(record)
    this.flush()
  }

  flush(): void {
    for (let at = 0; at < this.#used; ) at += writeSync(this.#file, this.#buffer, at, this.#used - at)
    this.#used = 0
  }

  /** What happens from here on is no part of the audit. May be called twice. */
  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    closeSync(this.#file)
  }
}

/** A log in the order of writing. */
export function readJournal(path: string): AuditRecord[] {
  const bytes = readFileSync(path)
  const records: AuditRecord[] = []
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES)
    records.push(decodeRecord(bytes, at))
  return records
}
