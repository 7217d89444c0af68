import type { Clock, Instant } from '../clock.js'

/** A token bucket: so many at once, so many a second. */
export class Rate {
  readonly #clock: Clock
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: Instant

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = clock.now()
  }

  /** Whether one more is allowed now; it then counts. */
  allows(): boolean {
    const now = this.#clock.now()
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1000)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
