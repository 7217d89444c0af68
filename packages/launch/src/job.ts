import type { Job, Run } from '@skein/runner/internal'
import type { RuntimeSpec } from '@skein/runtime/internal'
import { parseSpec } from './spec.js'

/**
 * A runtime as a job for a runner.
 *
 * @throws ERR_INVALID_OPTION, ERR_INVALID_UID
 */
export function jobOf(given: RuntimeSpec, main: URL): Job {
  const spec = parseSpec(given)
  const { uid, execArgv } = spec
  return { name: uid, main, spec, execArgv, facts: { uid } }
}

/** A runtime is ready, and has no more to say of that. */
export function readyOf(run: Run): Promise<void> {
  const ready = run.ready.then(() => {})
  // Whoever waits for the ending alone has no use for this one.
  ready.catch(() => {})
  return ready
}
