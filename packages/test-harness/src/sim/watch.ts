import type { PeerChange } from '@skein/core'
import type { Member } from './member.js'
import { Obstructions } from './obstructions.js'
import type { Plan } from './plan.js'
import type { Stage } from './stage.js'

/** What the members may not think of each other. */
export const VIEW_COUNTS = ['falseDeaths', 'lateDeaths', 'viewsDiffer'] as const
export type ViewCount = (typeof VIEW_COUNTS)[number]

/** One thing that a member thinks of another, and should not. */
export interface Misjudgement {
  readonly count: ViewCount
  readonly at: number
  readonly what: string
}

/** Milliseconds within which a crash is known to all that can see it, and the part by which clocks may be wrong. */
const KNOWN_WITHIN = 8500
const DRIFT = 1.02

/** States in which a peer counts as there, although it may say nothing. */
const THERE: ReadonlySet<string> = new Set(['known', 'alive', 'stalled', 'suspect'])

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
      if (observer.isRunning && sees(observer, victim)) this.#expect(stage, observer, victim, at)
    }
  }

  /** At the end, when all has healed long ago: everyone is to know everyone who lives, and nobody else. */
  end(stage: Stage): void {
    for (const observer of stage.living) {
      const views = new Map(observer.peers().map((peer) => [peer.uid, peer]))
      for (const other of stage.living) {
        if (other === observer) continue
        const view = views.get(other.uid)
        views.delete(other.uid)
        const isRight =
          view?.instance === other.instance && (view.state === 'known' || view.state === 'alive')
        if (!isRight)
          this.#differs(stage, `${observer.uid} thinks of ${other.uid}, which lives: ${stateOf(view, other)}`)
      }
      for (const { uid, state } of views.values())
        this.#differs(stage, `${observer.uid} thinks of ${uid}, which is gone: ${state}`)
    }
  }

  #expect(stage: Stage, observer: Member, victim: Member, at: number): void {
    const within = KNOWN_WITHIN * DRIFT + this.#stalls(observer, at)
    stage.clock.after(within, () => {
      if (!observer.lives || !sees(observer, victim)) return
      const span = { from: at - KNOWN_WITHIN, to: at + within }
      if (this.#obstructions.any(observer.place, victim.place, span)) return
      const state = observer.peers().find(({ uid }) => uid === victim.uid)?.state
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

/** Whether a member takes an instance for one that is there. */
function sees(observer: Member, { uid, instance }: Member): boolean {
  return observer
    .peers()
    .some((peer) => peer.uid === uid && peer.instance === instance && THERE.has(peer.state))
}

function stateOf(view: { instance: string; state: string } | undefined, { instance }: Member): string {
  if (view === undefined) return 'nothing'
  return view.instance === instance ? view.state : `another instance, ${view.state}`
}
