import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** How long it may take, in milliseconds: far more than it does, so that nothing hangs. */
const LIMIT = 60_000

/** Milliseconds from starting node with these arguments to its end. @throws Error if it fails, or is to end before */
export async function timedRun(args: readonly string[], signal: AbortSignal): Promise<number> {
  signal.throwIfAborted()
  const begun = performance.now()
  const child = spawn(process.execPath, args, { stdio: 'ignore', timeout: LIMIT })
  // It is asked, and waited for: what it has started itself it ends.
  const stop = () => child.kill()
  signal.addEventListener('abort', stop)
  try {
    const [status]: unknown[] = await once(child, 'exit')
    const took = performance.now() - begun
    signal.throwIfAborted()
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
    return took
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
