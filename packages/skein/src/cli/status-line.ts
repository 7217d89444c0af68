import { clearLine, cursorTo } from 'node:readline'
import type { WriteStream } from 'node:tty'

/** The last line of a terminal, kept below what is printed meanwhile. */
export class StatusLine {
  readonly #terminal: WriteStream
  #text = ''
  /** Something else stands on the line where the cursor is, and waits for its end. */
  #isTaken = false

  constructor(terminal: WriteStream) {
    this.#terminal = terminal
  }

  show(text: string): void {
    this.#text = text
    this.#draw()
  }

  /** Leaves it standing, and begins the next line. */
  leave(): void {
    if (this.#text === '') return
    if (!this.#isTaken) this.#terminal.write('\n')
    this.#text = ''
  }

  /** Prints `chunk` above it. */
  print(stream: WriteStream, chunk: string | Buffer, done?: (error?: Error | null) => void): void {
    if (!this.#isTaken) this.#erase()
    stream.write(chunk, done)
    if (chunk.length > 0) this.#isTaken = !endsLine(chunk)
    this.#draw()
  }

  #draw(): void {
    if (this.#isTaken || this.#text === '') return
    this.#erase()
    // In the last column the cursor would go on to the next line.
    this.#terminal.write(this.#text.slice(0, this.#terminal.columns - 1))
  }

  #erase(): void {
    if (this.#text === '') return
    cursorTo(this.#terminal, 0)
    clearLine(this.#terminal, 0)
  }
}

function endsLine(chunk: string | Buffer): boolean {
  return typeof chunk === 'string' ? chunk.endsWith('\n') : chunk.at(-1) === 0x0a
}
