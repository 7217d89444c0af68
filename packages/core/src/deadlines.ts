import type { Clock, Instant, Timer } from './clock.js'

/** Something that has a deadline: a link in a list, so that adding and removing cost the same however many there are. */
export abstract class Due {
  #before: Due | undefined
  #after: Due | undefined
  #slot: Slot | undefined

  /** The deadline has passed. Called at most once. */
  abstract expired(): void

  /** @internal */
  static link(due: Due, slot: Slot): void {
    due.#slot = slot
    due.#before = slot.last
    if (slot.last !== undefined) slot.last.#after = due
    slot.last = due
    slot.first ??= due
    slot.size += 1
  }

  /** @internal */
  static unlink(due: Due): Slot | undefined {
    const slot = due.#slot
    if (slot === undefined) return undefined
    if (due.#before === undefined) slot.first = due.#after
    else due.#before.#after = due.#after
    if (due.#after === undefined) slot.last = due.#before
    else due.#after.#before = due.#before
    due.#slot = due.#before = due.#after = undefined
    slot.size -= 1
    return slot
  }
}

interface Slot {
  readonly at: Instant
  first: Due | undefined
  last: Due | undefined
  size: number
}

/** Deadlines are kept to within this many milliseconds, never early. */
const GRAIN = 16

/**
 * All deadlines of a runtime, under one timer. Deadlines that fall into the same few milliseconds share a slot;
 * adding to and removing from a slot is constant in time, and 100 000 of them cost no timer each.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #slots = new Map<number, Slot>()
  #timer: Timer | undefined
  #armed: Instant = Number.POSITIVE_INFINITY
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many deadlines are set. */
  get size(): number {
    let size = 0
    for (const slot of this.#slots.values()) size += slot.size
    return size
  }

  /** Calls `due.expired()` once `ms` milliseconds have passed, unless it is removed before. */
  add(due: Due, ms: number): void {
    if (ms === Number.POSITIVE_INFINITY || this.#closed) return
    const key = Math.ceil((this.#clock.now() + ms) / GRAIN)
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = { at: key * GRAIN, first: undefined, last: undefined, size: 0 }
      this.#slots.set(key, slot)
    }
    Due.link(due, slot)
    this.#arm(slot.at)
  }

  /** Does nothing if it has expired, or was never added. */
  remove(due: Due): void {
    // A slot that is empty thereby goes when the timer fires next: until then the next request is likely to use it.
    Due.unlink(due)
  }

  /** Nothing expires any more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#slots.clear()
  }

  #arm(at: Instant): void {
    if (at >= this.#armed) return
    this.#armed = at
    this.#timer?.cancel()
    this.#timer = this.#clock.after(at - this.#clock.now(), () => this.#expire())
  }

  #expire(): void {
    const now = this.#clock.now()
    this.#armed = Number.POSITIVE_INFINITY
    let next = now // of the others, should one throw
    try {
      next = this.#expireUntil(now)
    } finally {
      this.#arm(next)
    }
  }

  /** Gives the instant of the next deadline. */
  #expireUntil(now: Instant): Instant {
    let next = Number.POSITIVE_INFINITY
    for (const [key, slot] of this.#slots) {
      if (slot.at > now && slot.first !== undefined) {
        next = Math.min(next, slot.at)
        continue
      }
      for (let due = slot.first; due !== undefined; due = slot.first) {
        Due.unlink(due)
        due.expired()
      }
      this.#slots.delete(key)
    }
    return next
  }
}
