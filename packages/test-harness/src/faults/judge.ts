import { examine } from '../audit/examine.js'
import type { MemberLog } from '../audit/logs.js'
import { isOneWay } from './operations.js'

/** Somebody may take somebody for dead from an instant on; each is the number of an instance. */
export interface Excuse {
  /** Undefined for anybody: the subject is dead. */
  readonly observer: number | undefined
  readonly subject: number
  readonly from: number
}

/** Somebody was taken for dead. */
export interface Death {
  readonly observer: number
  /** Undefined for one that is none of the run's. */
  readonly subject: number | undefined
  readonly at: number
  /** For people. */
  readonly what: string
}

/** What happened in one run of a row. */
export interface RunRecord {
  readonly deaths: readonly Death[]
  readonly excuses: readonly Excuse[]
  /** Milliseconds from a fault until an observer knew of it: one for each. */
  readonly detections: readonly number[]
  readonly logs: readonly MemberLog[]
  /** What the row was to show beside that, and did not. */
  readonly unmet: readonly string[]
}

/** What must hold of the times until a fault is known. */
export interface Bound {
  readonly of: 'p99' | 'max'
  /** Milliseconds: it must be less. */
  readonly below: number
}

export interface Verdict {
  readonly detectMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
  readonly falseDeaths: number
  readonly unsettled: number
  readonly executedTwice: number
  /** How many were made. */
  readonly requests: number
  readonly ok: boolean
  /** What went wrong, for people. */
  readonly wrong: readonly string[]
}

/** Compares what happened in all runs of a row with what it must show. Pure. */
export function judge(runs: readonly RunRecord[], bound: Bound | undefined): Verdict {
  const wrong = runs.flatMap(({ unmet }) => unmet)
  const falseDeaths = runs.flatMap(falseDeathsOf)
  wrong.push(...falseDeaths.map(({ what }) => `false death: ${what}`))
  let [requests, unsettled, executedTwice] = [0, 0, 0]
  for (const { logs } of runs) {
    const { findings, suspects } = examine(logs, isOneWay)
    const { noButExecuted, reordered, corrupted, doubledOneWay } = findings
    requests += findings.requests
    unsettled += findings.unsettled
    executedTwice += findings.executedTwice + doubledOneWay
    for (const [count, n] of Object.entries({ noButExecuted, reordered, corrupted }))
      if (n > 0) wrong.push(`${count}: ${n}`)
    for (const { violation, caller, receiver, seq, outcome } of suspects)
      if (COUNTED.has(violation))
        wrong.push(`${violation}: request ${seq} of ${caller} to ${receiver} (${outcome})`)
  }
  const detectMs = distribution(runs.flatMap(({ detections }) => detections))
  if (bound !== undefined) {
    const is = detectMs?.[bound.of]
    if (is === undefined) wrong.push('nobody has noticed the fault')
    else if (is >= bound.below) wrong.push(`${bound.of} is ${is} ms, and must be below ${bound.below} ms`)
  }
  return {
    detectMs,
    falseDeaths: falseDeaths.length,
    unsettled,
    executedTwice,
    requests,
    ok: wrong.length === 0,
    wrong,
  }
}

/** The violations of requests that count here. One-way messages may be lost with the session that they were sent in. */
const COUNTED: ReadonlySet<string> = new Set([
  'unsettled',
  'executedTwice',
  'doubledOneWay',
  'noButExecuted',
  'reordered',
  'corrupted',
])

function falseDeathsOf({ deaths, excuses }: RunRecord): readonly Death[] {
  const covers = (excuse: Excuse, { observer, subject, at }: Death) =>
    (excuse.observer ?? observer) === observer && excuse.subject === subject && excuse.from <= at
  return deaths.filter((death) => !excuses.some((excuse) => covers(excuse, death)))
}

function distribution(samples: readonly number[]): Verdict['detectMs'] {
  const sorted = [...samples].sort((a, b) => a - b)
  /** The smallest that at least such a share of them doesn't exceed. */
  const rank = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0)
  return sorted.length === 0 ? null : { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}
