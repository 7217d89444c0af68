import { Fifo } from '@skein/core/internal'
import type { Package } from './package.js'
import { PolicyQueue, type QueueParams } from './policy-queue.js'

/** One that is kept, and how many others were queued before it. */
interface Kept {
  readonly sent: Package
  readonly after: number
}

/**
 * What waits to be sent to a neighbour, in the order in which it came. What somebody in sync mode wants is kept, whatever
 * the bound: there its sender is who waits.
 */
export class Backlog {
  /** Without a bound, unless the link takes no more: what is sent in one turn is no backlog. */
  readonly #queue: PolicyQueue<Package>
  readonly #kept = new Fifo<Kept>()
  #queued = 0

  constructor(queue: QueueParams) {
    this.#queue = new PolicyQueue(queue, false)
  }

  get length(): number {
    return this.#queue.length + this.#kept.length
  }

  /** How many it had no room for. */
  get discarded(): number {
    return this.#queue.discarded
  }

  /** Whether the bound holds. When it begins to, what is over it is discarded. */
  set bounded(on: boolean) {
    this.#queue.bounded = on
  }

  push(sent: Package, isKept: boolean): void {
    if (isKept) this.#kept.push({ sent, after: this.#queued })
    else if (this.#queue.push(sent)) this.#queued += 1
  }

  shift(): Package | undefined {
    const kept = this.#kept.at(0)
    const { length } = this.#queue
    const isNext = kept !== undefined && (length === 0 || kept.after <= this.#queued - length)
    return isNext ? this.#kept.shift()?.sent : this.#queue.shift()
  }
}
