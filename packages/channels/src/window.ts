import type { Clock, Timer } from '@skein/core/internal'
import type { Package } from './package.js'

/** A package, and the neighbour that it came from. */
export interface Arrival {
  readonly package: Package
  readonly from: string
}

/** How many wait at most. */
const MOST_HELD = 10_000

/**
 * The packages of one context on one channel, each let through once and in the order of their numbers, by whichever ways
 * they come. Every way keeps its order; but one that has just opened may be ahead of the others, and what comes ahead
 * waits for what is before it, as long as there is another way for that to come.
 */
export class Window {
  readonly #clock: Clock
  readonly #gapTimeout: number
  readonly #release: (arrival: Arrival) => void
  #last = 0
  #isAnew = true
  readonly #held = new Map<number, Arrival>()
  #timer: Timer | undefined

  /** @param gapTimeout how long a package waits for one before it that is on another way, in milliseconds */
  constructor(clock: Clock, gapTimeout: number, release: (arrival: Arrival) => void) {
    this.#clock = clock
    this.#gapTimeout = gapTimeout
    this.#release = release
  }

  /** What comes next need not follow what came last: this context was out of reach, or was not asked for the channel. */
  anew(): void {
    this.#isAnew = true
  }

  /**
   * @param ways how many neighbours the source is reached through
   * @returns false if it has come before
   */
  take(arrival: Arrival, ways: number): boolean {
    const { seq } = arrival.package
    if (seq <= this.#last || this.#held.has(seq)) return false
    if (!this.#isAnew && seq > this.#last + 1 && ways > 1) {
      this.#held.set(seq, arrival)
      if (this.#held.size > MOST_HELD) this.#skip()
      else this.#timer ??= this.#clock.after(this.#gapTimeout, () => this.#expired())
      return true
    }
    for (const before of this.#heldBefore(seq)) this.#let(before)
    this.#let(arrival)
    this.#follow()
    return true
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#held.clear()
  }

  #expired(): void {
    this.#timer = undefined
    this.#skip()
  }

  /** What is missing won't come any more. */
  #skip(): void {
    const [first] = this.#heldBefore(Number.POSITIVE_INFINITY)
    if (first !== undefined) this.#let(first)
    this.#follow()
  }

  /** Lets through what was waiting for the last one. */
  #follow(): void {
    for (let next = this.#held.get(this.#last + 1); next !== undefined; next = this.#held.get(this.#last + 1))
      this.#let(next)
    this.#timer?.cancel()
    this.#timer =
      this.#held.size === 0 ? undefined : this.#clock.after(this.#gapTimeout, () => this.#expired())
  }

  #let(arrival: Arrival): void {
    const { seq } = arrival.package
    this.#held.delete(seq)
    this.#last = seq
    this.#isAnew = false
    this.#release(arrival)
  }

  #heldBefore(seq: number): Arrival[] {
    if (this.#held.size === 0) return []
    const held = [...this.#held.values()].filter((each) => each.package.seq < seq)
    return held.sort((a, b) => a.package.seq - b.package.seq)
  }
}
