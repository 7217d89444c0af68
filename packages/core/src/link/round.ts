import type { Clock, Instant, Timer } from '../clock.js'

/** Something that is looked at when it is due. */
export interface Judged {
  /** The instant at which `tick` has something to do, or Infinity. */
  readonly due: Instant
  tick(): void
  /** Our own loop was late by `lost` milliseconds. */
  doubt(lost: number): void
}

/** Lateness of our own timer, in milliseconds, from which we doubt ourselves rather than others. */
export const DOUBT_FROM = 200

/**
 * How long it is told that our own timer was late, in milliseconds: whoever has greeted us anew meanwhile hears nothing of
 * us before that is answered.
 */
const LATELY = 5000

/** A round that came late. */
interface Late {
  readonly at: Instant
  readonly ms: number
}

/** One timer for all links, set to the earliest instant at which one of them has something to do. */
export class Round {
  readonly #clock: Clock
  readonly #links: () => readonly Judged[]
  #timer: Timer | undefined
  #armed: Instant = Number.POSITIVE_INFINITY
  /** Nobody is judged before: what has come in may not have been read. */
  #unread: Instant = 0
  #last: Late = { at: 0, ms: 0 }
  /** Those of late that were late enough to doubt ourselves. */
  #late: readonly Late[] = []
  #closed = false

  constructor(clock: Clock, links: () => readonly Judged[]) {
    this.#clock = clock
    this.#links = links
  }

  /** How late our timer is, or has been lately, in milliseconds. */
  get lag(): number {
    const now = this.#clock.now()
    const overdue = now - this.#armed
    return Math.max(0, overdue, ...lately([...this.#late, this.#last], now).map(({ ms }) => ms))
  }

  /** Something is due then; or now, if that is past: what was due before it was asked for doesn't make us late. */
  arm(due: Instant): void {
    if (this.#closed || due >= this.#armed) return
    const now = this.#clock.now()
    const at = Math.max(due, now, this.#unread)
    if (at >= this.#armed) return
    this.#armed = at
    this.#timer?.cancel()
    this.#timer = this.#clock.after(at - now, () => this.#go())
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #go(): void {
    const now = this.#clock.now()
    const late = Math.max(0, now - this.#armed)
    this.#armed = Number.POSITIVE_INFINITY
    this.#last = { at: now, ms: late }
    if (late >= DOUBT_FROM) {
      this.#late = [...lately(this.#late, now), this.#last]
      // What came in while we were stalled has not been read yet: judge nobody before it is.
      this.#unread = now + 1
    }
    let next = Number.POSITIVE_INFINITY
    for (const link of this.#links()) {
      let { due } = link
      if (late >= DOUBT_FROM) {
        link.doubt(late)
        due = link.due
      } else if (due <= now) {
        link.tick()
        due = link.due
      }
      next = Math.min(next, due)
    }
    this.arm(next)
  }
}

function lately(rounds: readonly Late[], now: Instant): readonly Late[] {
  return rounds.filter(({ at }) => now - at <= LATELY)
}
