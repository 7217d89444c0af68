import type { PeerKind } from '@skein/core'
import { isRecord } from '@skein/core/internal'
import { type Runtime, type RuntimeStats, type StatsService, withOptions } from '@skein/runtime'
import { isLive, STATS } from '@skein/runtime/internal'

/** What became of a runtime until the program had ended. */
export interface RuntimeSummary {
  readonly uid: string
  readonly state: PeerKind
  /** Undefined where it could not be asked. */
  readonly stats: RuntimeStats | undefined
}

export type ProgramSummary = readonly RuntimeSummary[]

/** What the head tells whoever started it, when its program has ended. */
export interface SummaryReport {
  readonly kind: 'summary'
  readonly runtimes: ProgramSummary
}

/** Milliseconds to wait for an answer. One that is busy longer has no time for it, and the user none to wait. */
const PATIENCE = 300

/** Asks all runtimes that are there, this one included, what they did. Undefined if this one is closed. */
export async function summarise(runtime: Runtime): Promise<ProgramSummary | undefined> {
  const own = await statsOf(runtime, runtime.uid)
  if (own === undefined) return undefined
  const others = runtime
    .peers()
    .filter(isLive)
    .map(async ({ uid, state }): Promise<RuntimeSummary> => {
      const isThere = state === 'alive' || state === 'known'
      const stats = isThere ? await statsOf(runtime, uid) : undefined
      // One that no link was needed to before is alive if it answers.
      return { uid, state: stats === undefined ? state : 'alive', stats }
    })
  return [{ uid: runtime.uid, state: 'alive', stats: own }, ...(await Promise.all(others))]
}

function statsOf(runtime: Runtime, uid: string): Promise<RuntimeStats | undefined> {
  const service = withOptions(runtime.proxy<StatsService>(uid, STATS), { timeout: PATIENCE })
  return service.read().catch(() => undefined)
}

/** Undefined for what is none. */
export function parseSummary(given: unknown): ProgramSummary | undefined {
  if (!isRecord(given) || given.kind !== 'summary' || !Array.isArray(given.runtimes)) return undefined
  return given.runtimes.filter(isRuntimeSummary)
}

function isRuntimeSummary(given: unknown): given is RuntimeSummary {
  if (!isRecord(given) || typeof given.uid !== 'string' || typeof given.state !== 'string') return false
  const { stats } = given
  if (stats === undefined) return true
  return isRecord(stats) && [stats.served, stats.errors, stats.busiest].every((n) => typeof n === 'number')
}
