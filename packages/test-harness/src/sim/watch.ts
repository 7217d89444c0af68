import type { PeerChange, PeerReport } from '@skein/core'
import type { Outcome } from '../audit/record.js'
import type { Member } from './member.js'
import { AFTERMATH, Obstructions } from './obstructions.js'
import type { Plan } from './plan.js'
import type { Asked, Stage } from './stage.js'

/** What the members may not think of each other; and what may not come of it. */
export const VIEW_COUNTS = ['falseDeaths', 'lateDeaths', 'viewsDiffer', 'lost'] as const
export type ViewCount = (typeof VIEW_COUNTS)[number]

/** One thing that a member thinks of another and should not, or that came of it. */
export interface Misjudgement {
  readonly count: ViewCount
  readonly at: number
  readonly what: string
}

/** Milliseconds within which a crash is known to all that can see it, and the part by which clocks may be wrong. */
const KNOWN_WITHIN = 8500
const DRIFT = 1.02

/**
 * Milliseconds in which a request is answered even if the connection is cut: a dozen trips of 310 ms at most until there
 * is another, and what the method takes.
 */
const TIME_ENOUGH = 5000

/** Milliseconds in which a link is opened: a handful of trips, of 10 ms at most when nothing is wrong. */
const OPENING = 500

/** Watches what the members of a simulation think of each other, who knows what has really happened. */
export class Watch {
  readonly misjudgements: Misjudgement[] = []
  readonly #plan: Plan
  readonly #obstructions: Obstructions

  constructor(plan: Plan) {
    this.#plan = plan
    this.#obstructions = new Obstructions(plan.faults)
  }

  /** Somebody thinks otherwise of a peer than before. */
  changed(stage: Stage, observer: Member, { uid, instance, was, is, reason }: PeerChange): void {
    if (is !== 'dead' || !observer.lives) return
    const observed = stage.living.find((member) => member.instance === instance)
    const now = stage.clock.now()
    if (observed === undefined || this.#obstructions.excuse(observer.place, observed.place, now)) return
    const what = `${observer.uid} takes ${uid} for dead (${was}, ${reason}), which lives`
    this.misjudgements.push({ count: 'falseDeaths', at: now, what })
  }

  /** A member has died: who was there then, and could see it, is to know it in time. */
  crashed(stage: Stage, victim: Member): void {
    const at = stage.clock.now()
    for (const observer of stage.living) {
      if (observer.isRunning && observer.sees(victim)) this.#expect(stage, observer, victim, at)
    }
  }

  /**
   * At the end, when all has healed long ago: everyone is to know everyone who lives, and nobody else, and two are to
   * agree on whether they are linked.
   */
  end(stage: Stage): void {
    const { living } = stage
    for (const observer of living) {
      for (const other of living) if (other !== observer) this.#compare(stage, observer, other)
      for (const { uid, state } of observer.peers())
        if (state !== 'dead' && state !== 'left' && !living.some((member) => member.uid === uid))
          this.#differs(stage, `${observer.uid} thinks of ${uid}, which is gone: ${state}`)
    }
  }

  #compare(stage: Stage, observer: Member, other: Member): void {
    const [view, back] = [observer.viewOf(other.uid), other.viewOf(observer.uid)]
    const isThere = view?.instance === other.instance && (view.state === 'known' || view.state === 'alive')
    if (isThere && view.state === back?.state) return
    if (isOpening(view) || isOpening(back)) return // somebody has called just now
    const what = `${observer.uid} thinks of ${other.uid}, which lives: ${stateOf(view, other)}`
    this.#differs(stage, isThere ? `${what}, and is thought of: ${stateOf(back, observer)}` : what)
  }

  /** A request has ended. It is to have brought a result, if it had time enough and nothing was in its way. */
  settled({ from, to, seq, at, deadline, isKnown }: Asked, outcome: Outcome, now: number): void {
    if (outcome === 'result' || !isKnown || !to.lives) return
    if (outcome === 'ERR_TIMEOUT' && deadline < TIME_ENOUGH) return
    const span = { from: at - AFTERMATH, to: now }
    if (this.#obstructions.any(from.place, to.place, span)) return
    if (this.#stalled(from, span) || this.#stalled(to, span)) return
    const what = `request ${seq} of ${from.uid} to ${to.uid}, of ${deadline} ms: ${outcome}`
    this.misjudgements.push({ count: 'lost', at: now, what })
  }

  #stalled({ place }: Member, span: { from: number; to: number }): boolean {
    return this.#plan.faults.some(
      ({ kind, member, at, until }) =>
        kind === 'stall' && member === place && at <= span.to && until >= span.from,
    )
  }

  #expect(stage: Stage, observer: Member, victim: Member, at: number): void {
    const within = KNOWN_WITHIN * DRIFT + this.#stalls(observer, at)
    stage.clock.after(within, () => {
      if (!observer.lives || !observer.sees(victim)) return
      const span = { from: at - KNOWN_WITHIN, to: at + within }
      if (this.#obstructions.any(observer.place, victim.place, span)) return
      const state = observer.viewOf(victim.uid)?.state
      // Who was only told of it is to be told of its end, by a monitor that can.
      if (state === 'known' && this.#isMonitorAway(observer, victim, span)) return
      const what = `${observer.uid} thinks of ${victim.uid}, which died ${Math.round(within)} ms ago: ${state}`
      this.misjudgements.push({ count: 'lateDeaths', at: stage.clock.now(), what })
    })
  }

  #isMonitorAway(observer: Member, victim: Member, span: { from: number; to: number }): boolean {
    const { faults } = this.#plan
    const isDown = faults.some(
      ({ kind, member, at }) =>
        member === 0 && (kind === 'restart' || kind === 'stall') && at >= span.from && at <= span.to,
    )
    return (
      isDown ||
      victim.place === 0 ||
      this.#obstructions.any(0, observer.place, span) ||
      this.#obstructions.any(0, victim.place, span)
    )
  }

  /** Milliseconds for which it does not look, soon after an instant. */
  #stalls(observer: Member, from: number): number {
    return this.#plan.faults
      .filter(({ kind, member }) => kind === 'stall' && member === observer.place)
      .filter(({ at, until }) => until >= from - KNOWN_WITHIN && at <= from + 2 * KNOWN_WITHIN)
      .reduce((sum, { at, until }) => sum + until - at, 0)
  }

  #differs(stage: Stage, what: string): void {
    this.misjudgements.push({ count: 'viewsDiffer', at: stage.clock.now(), what })
  }
}

/** Whether a link is being opened, for not too long. */
function isOpening(view: PeerReport | undefined): boolean {
  if (view === undefined) return false
  return (view.state === 'connecting' || view.state === 'shaking') && view.sinceMs < OPENING
}

function stateOf(view: { instance: string; state: string } | undefined, { instance }: Member): string {
  if (view === undefined) return 'nothing'
  return view.instance === instance ? view.state : `another instance, ${view.state}`
}
