/** The last lines of what was printed, for an error that quotes them. */
export class Tail {
  readonly #most: number
  readonly #lines: string[] = []

  constructor(most = 20) {
    this.#most = most
  }

  push(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > this.#most) this.#lines.shift()
  }

  toString(): string {
    return this.#lines.join('\n')
  }
}
