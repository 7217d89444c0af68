import type { Clock, Instant } from '../clock.js'
import type { Logger } from '../logger.js'

/** How long nothing more is said of one, in milliseconds. */
const SILENCE = 60_000

/** How many are told of within that time: whoever can reach the port can make up any number of names. */
const AT_MOST = 64

/** Tells people, and nobody else, of those who greet us with the token of another mesh. */
export class Strangers {
  readonly #clock: Clock
  readonly #logger: Logger
  /** When each was told of, the earliest first. */
  readonly #told = new Map<string, Instant>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  greeted(uid: string): void {
    const now = this.#clock.now()
    for (const [told, at] of this.#told) {
      if (now - at < SILENCE) break
      this.#told.delete(told)
    }
    if (this.#told.has(uid) || this.#told.size >= AT_MOST) return
    this.#told.set(uid, now)
    // A stranger's word, which is to stay within its line.
    const shown = /^[\w.:-]{1,128}$/.test(uid) ? uid : JSON.stringify(uid)
    this.#logger.warn({ uid: shown }, 'a runtime with the token of another mesh greets, and is not answered')
  }
}
