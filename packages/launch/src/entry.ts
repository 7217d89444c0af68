import { once } from 'node:events'
import { SkeinError, type StopOptions } from '@skein/core'
import { type Transport, ZmqTransport } from '@skein/core/internal'
import type { Host } from '@skein/runner/internal'
import { drainOf, type RuntimeSpec } from '@skein/runtime/internal'
import { parseSpec } from './spec.js'

/** A role at work. */
export interface RunningRole {
  /** Resolves with the exit code when it has ended by itself: its program is done, or a peer asked it to. */
  readonly over: Promise<number>
  /** Lets what runs end, says farewell and closes everything. May be called when it is over. */
  stop(options?: StopOptions): Promise<void>
  /** Closes everything at once, also while `stop` is under way. */
  destroy(): Promise<void>
}

/**
 * Starts the role that a spec asks for; what it has to say meanwhile goes to `report`. Its sockets are those of the
 * transport that it is given, and nothing else that it opens may outlive a failure.
 */
export type StartRole = (
  spec: RuntimeSpec,
  report: (report: unknown) => void,
  transport: Transport,
) => Promise<RunningRole>

/**
 * Runs one runtime, from its spec to its end, and resolves with the exit code when its sockets are closed: only then may
 * a thread end. What goes wrong is printed to standard error, where whoever started it reads it.
 */
export async function runRuntime(given: unknown, host: Host, start: StartRole): Promise<number> {
  const { order } = host
  const transport = new ZmqTransport()
  try {
    const spec = parseSpec(given)
    const starting = start(spec, (report) => host.report(report), transport)
    // A start can take long, where no monitor answers for one, and nobody relies on it yet: it is not waited for.
    const role = await Promise.race([order.code, starting])
    if (typeof role === 'number') return role
    // At once, before what has ordered it goes on: to whom it asked a call may not even answer that it fails.
    order.dropped.addEventListener('abort', () => void role.destroy(), { once: true })
    if (order.dropped.aborted) void role.destroy()
    host.ready()
    const ordered = order.code.then((code) => ({ code, drain: order.drain ?? drainOf(spec) }))
    const { code, drain } = await Promise.race([ordered, role.over.then((code) => ({ code, drain: 0 }))])
    await end(role, drain, order.dropped)
    return code
  } catch (error) {
    console.error(complaint(error))
    return 1
  } finally {
    await transport.close()
  }
}

async function end(role: RunningRole, drain: number, dropped: AbortSignal): Promise<void> {
  if (!dropped.aborted) await Promise.race([role.stop({ drain }), once(dropped, 'abort')])
  if (dropped.aborted) await role.destroy()
}

/** Of an error of ours the message says it all: its stack would push it out of the last lines that the starter quotes. */
function complaint(error: unknown): unknown {
  return error instanceof SkeinError ? `${error.name} ${error.code}: ${error.message}` : error
}
