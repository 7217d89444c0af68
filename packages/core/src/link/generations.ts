import type { Session } from '../peer/session.js'
import { sessionNumber } from '../peer/session-number.js'

/** How many ended sessions are remembered, so that a peer that comes back is not taken for what it was. */
const GRAVES = 10_000

/** Numbers the sessions with each instance: from 1, and one more whenever one was given up, by us or by the other. */
export class Generations {
  readonly #next = new Map<string, number>()

  /** The number of the next session with an instance. */
  next(instance: string): number {
    return this.#next.get(instance) ?? 1
  }

  /** Sessions with that instance are numbered from here. */
  atLeast(instance: string, generation: number): void {
    const next = Math.max(generation, this.next(instance))
    this.#next.delete(instance) // the latest last
    this.#next.set(instance, next)
    if (this.#next.size <= GRAVES) return
    const oldest = this.#next.keys().next()
    if (!oldest.done) this.#next.delete(oldest.value)
  }

  /**
   * Brings a session under the number that the other side, or what is remembered of it, gives it.
   *
   * @returns false if that can't be: the session is over
   */
  agree(session: Pick<Session, 'generation' | 'renumber'>, theirs: number): boolean {
    const ours = session.generation
    // A session in which something was sent or taken refuses every number, its own included.
    const hasTraffic = !session.renumber(ours)
    switch (sessionNumber(ours, theirs, hasTraffic)) {
      case 'keep':
        return true
      case 'renumber':
        return session.renumber(theirs)
      case 'give up':
        return false
    }
  }
}
