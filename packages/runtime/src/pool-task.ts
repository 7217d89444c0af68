import type { SkeinError } from '@skein/core'
import type { Member } from './pool-crew.js'

/** One item of a run, and those that are at it: more than one only where all others are or were stalled. */
export class Task<T, Item> {
  readonly index: number
  readonly item: Item
  /** How each is told to give it up, if that can be asked of it alone. */
  readonly #attempts = new Map<Member<T>, AbortController | undefined>()
  readonly #passedOn = new Set<Member<T>>()
  /** Its result is there. */
  isDone = false

  constructor(index: number, item: Item) {
    this.index = index
    this.item = item
  }

  get members(): Iterable<Member<T>> {
    return this.#attempts.keys()
  }

  isWith(member: Member<T>): boolean {
    return this.#attempts.has(member)
  }

  /** Whether nobody is at it from whom a result is to be expected: another may have it. */
  isLeft(stalled: { has(member: Member<T>): boolean }): boolean {
    return [...this.members].every((member) => stalled.has(member))
  }

  begin(member: Member<T>, controller?: AbortController): void {
    this.#attempts.set(member, controller)
  }

  end(member: Member<T>): void {
    this.#attempts.delete(member)
  }

  /** Notes that it is given to another than a member. Returns whether that is new. */
  passOn(member: Member<T>): boolean {
    if (this.#passedOn.has(member)) return false
    this.#passedOn.add(member)
    return true
  }

  /** Whoever is at it gives it up, if that can be asked of it alone. */
  giveUp(reason: SkeinError): void {
    for (const controller of this.#attempts.values()) controller?.abort(reason)
  }
}
