import { currentRequest } from '@skein/core'
import type { Runtime } from './runtime.js'

/** Of this thread, by their instances. */
const running = new Map<string, Runtime>()

/**
 * The runtime in which the calling function runs: that of the request that it runs for, a constructor's of a resident
 * object included. Undefined outside of requests, and where there is `requestContext: false`.
 */
export function currentRuntime(): Runtime | undefined {
  const instance = currentRequest()?.instance
  return instance === undefined ? undefined : running.get(instance)
}

/** @internal */
export function enter(runtime: Runtime): void {
  running.set(runtime.comms.instance, runtime)
}

/** @internal */
export function leave(runtime: Runtime): void {
  running.delete(runtime.comms.instance)
}
