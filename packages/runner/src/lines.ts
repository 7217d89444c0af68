import { StringDecoder } from 'node:string_decoder'

/** Characters after which a line is cut: whoever prints without line ends may not fill our memory. */
const LONGEST_LINE = 64 * 1024

/**
 * Cuts a stream of bytes into lines of text, their ends (`\n`, `\r\n`) taken off. A character may be spread over
 * chunks. A line of more than `longest` characters comes as several.
 */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  readonly #longest: number
  #begun = ''

  constructor(onLine: (line: string) => void, longest = LONGEST_LINE) {
    this.#onLine = onLine
    this.#longest = longest
  }

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk))
  }

  /** The last line may have no end. */
  end(): void {
    this.#take(this.#decoder.end())
    if (this.#begun !== '') this.#onLine(this.#begun)
    this.#begun = ''
  }

  #take(text: string): void {
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      this.#grow(text.slice(from, at))
      const line = this.#begun
      this.#begun = ''
      this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      from = at + 1
    }
    this.#grow(text.slice(from))
  }

  #grow(text: string): void {
    this.#begun += text
    while (this.#begun.length > this.#longest) {
      const cut = cutBefore(this.#begun, this.#longest)
      const piece = this.#begun.slice(0, cut)
      this.#begun = this.#begun.slice(cut)
      this.#onLine(piece)
    }
  }
}

/** Never between the two halves of a character. */
function cutBefore(text: string, at: number): number {
  const code = text.charCodeAt(at - 1)
  return code >= 0xd800 && code <= 0xdbff && at > 1 ? at - 1 : at
}
