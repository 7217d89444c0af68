import { SkeinError } from '@skein/core'
import type { Clock, Instant } from '@skein/core/internal'

/** How much of what a client has left is kept for the way back, and how many milliseconds of it at most. */
const WAY_BACK = 0.2
const LONGEST_WAY_BACK = 250

/** How many milliseconds workers have where the client has so many. */
export function workersShare(timeLeft: number): number {
  return timeLeft - Math.min(LONGEST_WAY_BACK, WAY_BACK * timeLeft)
}

/** A time that is over after so many milliseconds; its signal is aborted then, or with another one. */
export class Limit {
  readonly ms: number
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #until: Instant
  readonly #end: () => void

  constructor(clock: Clock, ms: number, signal?: AbortSignal) {
    const over = new AbortController()
    const timeoutMs = Math.round(ms)
    const expire = (): void =>
      over.abort(new SkeinError('ERR_TIMEOUT', `it took longer than ${timeoutMs} ms`, { timeoutMs }))
    this.ms = ms
    this.signal = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])
    this.#clock = clock
    this.#until = clock.now() + ms
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : clock.after(ms, expire)
    this.#end = () => {
      timer?.cancel()
      over.abort()
    }
  }

  /** Milliseconds, never less than a moment, as a deadline has to be more than 0. */
  get timeLeft(): number {
    return Math.max(Number.MIN_VALUE, this.#until - this.#clock.now())
  }

  /** Nobody waits for it any more: whoever still listens to its signal is told. */
  end(): void {
    this.#end()
  }
}
