import type { Clock, Timer } from '../clock.js'
import type { Hand } from '../wire/message.js'
import type { Link } from './link.js'

interface Contest {
  readonly link: Link
  hand: Hand
  /** The number of the heart that the holder is asked with. */
  readonly n: number
  timer: Timer
}

export interface Verdicts {
  /** The holder lives: the newcomer is refused. */
  refuse(hand: Hand): void
  /** The holder is gone or silent: the newcomer takes its uid over. */
  accept(hand: Hand, link: Link): void
}

/**
 * A uid that somebody holds is claimed by another instance. The holder is asked whether it is well: one that answers, or
 * whose connection stands although it is busy, keeps its name; one that is silent or gone loses it.
 */
export class Contests {
  readonly #clock: Clock
  readonly #patience: number
  readonly #verdicts: Verdicts
  readonly #contests = new Map<string, Contest>()

  /** @param patience how long the holder may take to answer, in milliseconds */
  constructor(clock: Clock, patience: number, verdicts: Verdicts) {
    this.#clock = clock
    this.#patience = patience
    this.#verdicts = verdicts
  }

  open(link: Link, hand: Hand): void {
    const { uid } = hand.from
    const open = this.#contests.get(uid)
    if (open !== undefined && open.link === link) {
      open.hand = hand // the newcomer asks again
      return
    }
    open?.timer.cancel()
    // One that can't be asked now, since its connection is being made anew, is asked as soon as it can.
    this.#contests.set(uid, { link, hand, n: link.pulse.asked + 1, timer: this.#later(uid) })
    link.heart()
  }

  /**
   * A heart was answered, by its number. Nothing else proves that the holder lives: what it sent before it died may be
   * read late.
   */
  answered(link: Link, n: number): void {
    const contest = this.#of(link)
    if (contest === undefined || n < contest.n) return
    this.#close(contest)
    this.#verdicts.refuse(contest.hand)
  }

  /** The holder's link is over. */
  ended(link: Link): void {
    const contest = this.#of(link)
    if (contest === undefined) return
    this.#close(contest)
    this.#verdicts.accept(contest.hand, link)
  }

  close(): void {
    for (const contest of this.#contests.values()) this.#close(contest)
  }

  #later(uid: string): Timer {
    return this.#clock.after(this.#patience, () => this.#decide(uid))
  }

  /** The holder has not answered. If its connection is watched and stands, it is busy; a suspect's verdict is near. */
  #decide(uid: string): void {
    const contest = this.#contests.get(uid)
    if (contest === undefined) return
    const { link, hand } = contest
    if (link.state.kind === 'suspect' || link.state.kind === 'unreachable') {
      contest.timer = this.#later(uid) // unless `ended` or `answered` comes first
      return
    }
    this.#close(contest)
    const busy = (link.state.kind === 'alive' || link.state.kind === 'stalled') && link.lane !== 'inproc'
    if (busy) this.#verdicts.refuse(hand)
    else this.#verdicts.accept(hand, link)
  }

  #of(link: Link): Contest | undefined {
    if (this.#contests.size === 0 || link.uid === undefined) return undefined
    const contest = this.#contests.get(link.uid)
    return contest?.link === link ? contest : undefined
  }

  #close(contest: Contest): void {
    contest.timer.cancel()
    this.#contests.delete(contest.hand.from.uid)
  }
}
