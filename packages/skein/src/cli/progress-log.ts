import type { Progress } from './progress.js'

/** Milliseconds between two lines. Whoever reads a log wants to know that it goes on, not each step. */
const INTERVAL = 10_000

/** Tells of progress where there is no terminal: a plain line now and then, none for what is quickly done. */
export class ProgressLog {
  readonly #say: (text: string) => void
  readonly #now: () => number
  #last: number

  constructor(say: (text: string) => void, now: () => number = () => performance.now()) {
    this.#say = say
    this.#now = now
    this.#last = now()
  }

  show({ done, total, text }: Progress): void {
    const now = this.#now()
    if (now - this.#last < INTERVAL) return
    this.#last = now
    const label = text === undefined ? '' : ` ${text}`
    const share = total > 0 ? ` (${Math.floor((done / total) * 100)}%)` : ''
    this.#say(`${done}/${total}${label}${share}`)
  }

  close(): void {}
}
