import type { Clock, Timer } from '@skein/core/internal'
import type { Package } from './package.js'

/** Lets a package through, that came from a neighbour. */
export type Release = (arrived: Package, from: string) => void

/** What waits for what is before it. */
interface Arrival {
  readonly arrived: Package
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
  readonly #release: Release
  /** What comes next is the one after it: the last that was let through, or one before what was the first to come. */
  #last = 0
  #released = 0
  #isAnew = true
  readonly #held = new Map<number, Arrival>()
  #timer: Timer | undefined

  /** @param gapTimeout how long a package waits for one before it that is on another way, in milliseconds */
  constructor(clock: Clock, gapTimeout: number, release: Release) {
    this.#clock = clock
    this.#gapTimeout = gapTimeout
    this.#release = release
  }

  /** What comes next need not follow what came last: this context was out of reach, or was not asked for the channel. */
  anew(): void {
    this.#isAnew = true
  }

  /**
   * @param ways by how many neighbours, or connections to the same one, the source is reached
   * @returns false if it has come before
   */
  take(arrived: Package, from: string, ways: number): boolean {
    const { seq } = arrived
    if (seq <= this.#released || this.#held.has(seq)) return false
    if (this.#isAnew || seq <= this.#last) this.#begin(arrived)
    if (seq > this.#last + 1 && ways > 1) {
      this.#held.set(seq, { arrived, from })
      if (this.#held.size > MOST_HELD) this.#skip()
      else this.#timer ??= this.#clock.after(this.#gapTimeout, () => this.#expired())
      return true
    }
    if (seq > this.#last + 1 && this.#held.size > 0) this.#letAll(this.#heldBefore(seq))
    this.#let(arrived, from)
    if (this.#timer !== undefined) this.#follow()
    return true
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#held.clear()
  }

  /** Those from `since` on were to come here; of those before it nothing is known but what has come. */
  #begin({ since }: Package): void {
    this.#letAll(this.#heldBefore(since))
    this.#last = Math.max(this.#released, since - 1)
    this.#isAnew = false
  }

  #expired(): void {
    this.#timer = undefined
    this.#skip()
  }

  /** What is missing won't come any more. */
  #skip(): void {
    this.#letAll(this.#heldBefore(Number.POSITIVE_INFINITY).slice(0, 1))
    this.#follow()
  }

  /** Lets through what was waiting for the last one. */
  #follow(): void {
    for (let next = this.#held.get(this.#last + 1); next !== undefined; next = this.#held.get(this.#last + 1))
      this.#let(next.arrived, next.from)
    this.#timer?.cancel()
    this.#timer =
      this.#held.size === 0 ? undefined : this.#clock.after(this.#gapTimeout, () => this.#expired())
  }

  #let(arrived: Package, from: string): void {
    const { seq } = arrived
    this.#held.delete(seq)
    this.#last = seq
    this.#released = seq
    this.#release(arrived, from)
  }

  #letAll(all: readonly Arrival[]): void {
    for (const { arrived, from } of all) this.#let(arrived, from)
  }

  #heldBefore(seq: number): Arrival[] {
    const held = [...this.#held.values()].filter(({ arrived }) => arrived.seq < seq)
    return held.sort((a, b) => a.arrived.seq - b.arrived.seq)
  }
}
