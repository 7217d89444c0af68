import type { Duplex } from 'node:stream'
import { LineReader } from './lines.js'
import { fromJson, toJson } from './plain-json.js'

export interface PipeEvents {
  message(message: unknown): void
  /** The other side is gone. At most once. */
  close?(): void
}

/** Messages both ways over a pipe: one JSON a line. */
export class PipeChannel {
  readonly #pipe: Duplex

  constructor(pipe: Duplex, on: PipeEvents) {
    this.#pipe = pipe
    const lines = new LineReader((line) => on.message(fromJson(line)), Number.POSITIVE_INFINITY)
    pipe.on('data', (chunk: Buffer) => lines.push(chunk))
    // A broken pipe is the end of the other side, and `close` follows.
    pipe.on('error', () => {})
    pipe.once('close', () => on.close?.())
  }

  /** Does nothing once the other side is gone. */
  send(message: object): void {
    if (this.#pipe.writable) this.#pipe.write(`${toJson(message)}\n`)
  }

  /** Resolves when everything that was sent has left, or can't any more. */
  flushed(): Promise<void> {
    if (!this.#pipe.writable || this.#pipe.writableLength === 0) return Promise.resolve()
    return new Promise((resolve) => this.#pipe.write('', () => resolve()))
  }
}
