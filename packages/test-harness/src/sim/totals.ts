import { FAULTS, type FaultKind, type Plan } from './plan.js'
import { COUNTS, type Counts, isClean, noCounts, type Played } from './play.js'

/** What was played and counted, of all seeds together. */
export interface Totals {
  readonly seeds: number
  readonly runtimes: number
  readonly simulatedSeconds: number
  readonly requests: number
  readonly faults: Readonly<Record<FaultKind, number>>
  readonly byOutcome: Readonly<Record<string, number>>
  readonly counts: Counts
  /** Seeds of which not all counts are zero. */
  readonly failed: readonly number[]
}

export const NOTHING: Totals = {
  seeds: 0,
  runtimes: 0,
  simulatedSeconds: 0,
  requests: 0,
  faults: {
    delay: 0,
    cut: 0,
    refused: 0,
    'half-open': 0,
    'one-way': 0,
    partition: 0,
    restart: 0,
    stall: 0,
    drift: 0,
    repeat: 0,
    swap: 0,
  },
  byOutcome: {},
  counts: noCounts(),
  failed: [],
}

/** The totals with one seed more. */
export function added(totals: Totals, plan: Plan, played: Played): Totals {
  const faults = { ...totals.faults }
  for (const { kind } of plan.faults) faults[kind] += 1
  const counts = { ...totals.counts }
  for (const name of COUNTS) counts[name] += played.counts[name]
  const byOutcome = { ...totals.byOutcome }
  for (const [outcome, n] of Object.entries(played.byOutcome))
    byOutcome[outcome] = (byOutcome[outcome] ?? 0) + n
  return {
    seeds: totals.seeds + 1,
    runtimes: totals.runtimes + plan.runtimes,
    simulatedSeconds: totals.simulatedSeconds + played.took / 1000,
    requests: totals.requests + played.requests,
    faults,
    byOutcome,
    counts,
    failed: isClean(played.counts) ? totals.failed : [...totals.failed, plan.seed],
  }
}

/** For people: a line for each. */
export function tableOf(totals: Totals): string {
  const { seeds, runtimes, simulatedSeconds, requests, faults, counts, failed } = totals
  const kinds = FAULTS.map((kind) => `${kind} ${faults[kind]}`).join(', ')
  const sum = FAULTS.reduce((all, kind) => all + faults[kind], 0)
  const lines: [string, string][] = [
    ['seeds', String(seeds)],
    ['runtimes', String(runtimes)],
    ['simulated seconds', String(Math.round(simulatedSeconds))],
    ['requests', String(requests)],
    ['faults', `${sum} (${kinds})`],
    ...COUNTS.map((name): [string, string] => [name, String(counts[name])]),
    ['failed seeds', failed.length === 0 ? 'none' : failed.join(', ')],
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  return lines.map(([name, value]) => name.padEnd(width) + value).join('\n')
}
