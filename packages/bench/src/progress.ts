import type { WriteStream } from 'node:tty'

/** What it needs of a stream. */
export type ProgressStream = Pick<WriteStream, 'isTTY' | 'write' | 'columns'>

/** Says what is being done: on a terminal in one line that changes, elsewhere in a line for each stage. */
export class Progress {
  readonly #stream: ProgressStream
  #stage = ''

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream
  }

  tell(stage: string, step?: string): void {
    if (this.#stream.isTTY) {
      const text = step === undefined ? stage : `${stage}: ${step}`
      // A line that is wrapped could not be taken back.
      this.#stream.write(`${TAKEN_BACK}${text.slice(0, this.#stream.columns - 1)}`)
    } else if (stage !== this.#stage) {
      this.#stream.write(`${stage}\n`)
    }
    this.#stage = stage
  }

  /** Takes back what stands on a terminal, before something else is written. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(TAKEN_BACK)
  }
}

/** To the beginning of the line, and nothing after it. */
const TAKEN_BACK = '\r\x1b[K'
