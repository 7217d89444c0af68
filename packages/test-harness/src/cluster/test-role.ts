// What the processes and threads of a cluster run: their role, and a service that does to them what tests ask for.
import type { Transport } from '@skein/core/internal'
import { type StartedRole, startRole } from '@skein/launch/internal'
import type { RuntimeSpec } from '@skein/runtime/internal'

/** The name of the service. */
export const HARNESS = 'harness'

export interface HarnessService {
  /** Keeps the event loop busy for `ms` milliseconds. Resolves before it begins. */
  stall(ms: number): void
}

export async function startTestRole(
  spec: RuntimeSpec,
  report: (report: unknown) => void,
  transport: Transport,
): Promise<StartedRole> {
  const role = await startRole(spec, report, transport)
  const service: HarnessService = {
    // Two rounds of the event loop: in the first the answer leaves.
    stall: (ms) => void setImmediate(() => setImmediate(() => block(ms))),
  }
  role.runtime.expose(HARNESS, service)
  return role
}

/** Blocks this thread without using the processor, which a test has better use for. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
