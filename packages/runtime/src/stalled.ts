import type { Timer } from '@skein/core/internal'
import type { Crew, Member } from './pool-crew.js'

/** Who is told of them. */
export interface StalledEvents<T> {
  /** A member has been stalled for too long. */
  tooLong(member: Member<T>): void
  /** One that was is back. */
  back(member: Member<T>): void
  /** It is time to look again. */
  again(): void
}

/** The members of a pool that have been stalled for longer than a run waits for them. */
export class Stalled<T> {
  readonly #crew: Pick<Crew<T>, 'members' | 'clock' | 'stalledSince'>
  readonly #limit: number
  readonly #on: StalledEvents<T>
  readonly #members = new WeakSet<Member<T>>()
  #timer: Timer | undefined

  /** @param limit milliseconds */
  constructor(
    crew: Pick<Crew<T>, 'members' | 'clock' | 'stalledSince'>,
    limit: number,
    on: StalledEvents<T>,
  ) {
    this.#crew = crew
    this.#limit = limit
    this.#on = on
  }

  has(member: Member<T>): boolean {
    return this.#members.has(member)
  }

  /** Finds out who is, and calls `again` when another one may be. */
  look(): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return
    const now = this.#crew.clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const member of this.#crew.members) {
      const since = this.#crew.stalledSince(member)
      if (since === undefined) this.#isBack(member)
      else if (since + this.#limit <= now) this.#isLate(member)
      else next = Math.min(next, since + this.#limit - now)
    }
    this.close()
    if (next < Number.POSITIVE_INFINITY) this.#timer = this.#crew.clock.after(next, () => this.#on.again())
  }

  /** Does not look again by itself. */
  close(): void {
    this.#timer?.cancel()
  }

  #isLate(member: Member<T>): void {
    if (this.#members.has(member)) return
    this.#members.add(member)
    this.#on.tooLong(member)
  }

  #isBack(member: Member<T>): void {
    if (this.#members.delete(member)) this.#on.back(member)
  }
}
