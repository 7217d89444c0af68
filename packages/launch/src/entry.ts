import { once } from 'node:events'
import type { RuntimeSpec } from '@skein/runtime/internal'
import { ExitRequest } from './exit-request.js'
import { parseSpec } from './spec.js'
import type { StopOrder } from './stop-order.js'

/** A role at work. */
export interface RunningRole {
  /** Resolves with the exit code when it has ended by itself: its program is done, or a peer asked it to. */
  readonly over: Promise<number>
  /** Says farewell and closes everything. May be called when it is over. */
  stop(): Promise<void>
  /** Closes everything at once, also while `stop` is under way. */
  destroy(): Promise<void>
}

/**
 * Starts the role that a spec asks for; what it has to say meanwhile goes to `report`. One that fails leaves nothing
 * open: a thread with an open socket can't be ended.
 */
export type StartRole = (spec: RuntimeSpec, report: (report: unknown) => void) => Promise<RunningRole>

/** Whoever started this runtime, as seen from here. */
export interface Parent {
  readonly order: StopOrder
  ready(): void
  report(report: unknown): void
}

/**
 * Runs one runtime, from its spec to its end, and resolves with the exit code. What goes wrong is printed to standard
 * error, where whoever started it reads it.
 */
export async function runRuntime(given: unknown, parent: Parent, start: StartRole): Promise<number> {
  try {
    const role = await start(parseSpec(given), (report) => parent.report(report))
    parent.ready()
    const code = await Promise.race([parent.order.code, role.over])
    await end(role, parent.order.dropped)
    return code
  } catch (error) {
    if (error instanceof ExitRequest) return error.code
    console.error(error)
    return 1
  }
}

async function end(role: RunningRole, dropped: AbortSignal): Promise<void> {
  if (!dropped.aborted) await Promise.race([role.stop(), once(dropped, 'abort')])
  if (dropped.aborted) await role.destroy()
}
