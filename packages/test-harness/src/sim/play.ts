import { examine } from '../audit/examine.js'
import type { Findings } from '../audit/findings.js'
import type { MemberLog } from '../audit/logs.js'
import { LENGTH, type Plan } from './plan.js'
import { type Flaws, Stage, type StageEvents } from './stage.js'
import { VIEW_COUNTS, type ViewCount, Watch } from './watch.js'

/** What must not happen to a request. */
const REQUEST_COUNTS = [
  'unsettled',
  'executedTwice',
  'noButExecuted',
  'reordered',
  'corrupted',
] as const satisfies readonly (keyof Findings)[]

/** What is counted, and must be zero. */
export const COUNTS = [...VIEW_COUNTS, ...REQUEST_COUNTS] as const
export type Counts = Record<ViewCount | (typeof REQUEST_COUNTS)[number], number>

/** What became of a plan. */
export interface Played {
  readonly counts: Counts
  /** Simulated milliseconds. */
  readonly took: number
  readonly requests: number
  /** How many ended how. */
  readonly byOutcome: Readonly<Record<string, number>>
  /** What went wrong, for people. */
  readonly wrong: readonly string[]
}

/** Told what happens in a simulation, and when, in milliseconds. */
export type Tell = (at: number, who: string, what: string) => void

export interface PlayOptions extends Flaws {
  readonly tell?: Tell | undefined
}

/** Plays a plan. The same plan ends in the same way. */
export async function play(plan: Plan, { tell, ...flaws }: PlayOptions = {}): Promise<Played> {
  const watch = new Watch(plan)
  const say = (who: string, what: string): void => tell?.(stage.clock.now(), who, what)
  const events: StageEvents = {
    changed: (member, change) => {
      const { uid, was, is, reason } = change
      say(member.uid, `${uid}: ${was} → ${is}${reason === undefined ? '' : ` (${reason})`}`)
      watch.changed(stage, member, change)
    },
    crashed: (member) => watch.crashed(stage, member),
    settled: (asked, outcome) => watch.settled(asked, outcome, stage.clock.now()),
    tell: say,
  }
  const stage: Stage = new Stage(plan, events, flaws)
  await stage.play()
  watch.end(stage)
  await stage.settle()
  const took = stage.clock.now()
  const logs = stage.members.map(
    ({ number, lives, records }): MemberLog => ({ member: number, lived: lives, records: [...records] }),
  )
  await stage.close()
  const { findings, suspects } = examine(logs, () => false)
  const counts = { ...noCounts() }
  for (const name of REQUEST_COUNTS) counts[name] = findings[name]
  for (const { count } of watch.misjudgements) counts[count] += 1
  const wrong = [
    ...watch.misjudgements.map(({ count, at, what }) => `${count}: ${instant(at)} ${what}`),
    ...suspects
      .filter(({ violation }) => REQUEST_COUNTS.some((name) => name === violation))
      .map(
        ({ violation, caller, receiver, seq, outcome, executions }) =>
          `${violation}: request ${seq} of instance ${caller} to ${receiver} (${outcome}, ran ${executions} times)`,
      ),
  ]
  return {
    counts,
    took: Math.max(took, LENGTH),
    requests: findings.requests,
    byOutcome: findings.byOutcome,
    wrong,
  }
}

export function noCounts(): Counts {
  return {
    falseDeaths: 0,
    lateDeaths: 0,
    viewsDiffer: 0,
    lost: 0,
    unsettled: 0,
    executedTwice: 0,
    noButExecuted: 0,
    reordered: 0,
    corrupted: 0,
  }
}

export function isClean(counts: Counts): boolean {
  return COUNTS.every((name) => counts[name] === 0)
}

/** An instant as seconds, for people. */
export function instant(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
