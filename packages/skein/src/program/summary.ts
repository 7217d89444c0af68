import type { PeerKind } from '@skein/core'
import { type Runtime, type RuntimeStats, type StatsService, withOptions } from '@skein/runtime'
import { STATS } from '@skein/runtime/internal'

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

/** Asks all runtimes of the mesh, this one included, what they did. */
export async function summarise(runtime: Runtime): Promise<ProgramSummary> {
  const peers = [{ uid: runtime.uid, state: 'alive' as const }, ...runtime.peers()]
  return Promise.all(
    peers.map(async ({ uid, state }) => {
      const isThere = state === 'alive' || state === 'known'
      const stats = isThere ? await statsOf(runtime, uid) : undefined
      // One that no link was needed to is alive if it answers.
      return { uid, state: stats === undefined ? state : 'alive', stats }
    }),
  )
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

function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null
}
