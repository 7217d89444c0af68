// What bin/runtime.mjs and bin/thread.mjs run: one runtime in a process or a thread of its own, started by LocalLauncher
// or ThreadLauncher.
import { processMain as runProcess, threadMain as runThread } from '@skein/runner/internal'
import { runRuntime, type StartRole } from './entry.js'

/** Runs the runtime that this process was started for, and ends the process. */
export function processMain(start: StartRole): Promise<void> {
  return runProcess((spec, host) => runRuntime(spec, host, start))
}

/** Runs the runtime that this thread was started for, and ends the thread. */
export function threadMain(start: StartRole): Promise<void> {
  return runThread((spec, host) => runRuntime(spec, host, start))
}
