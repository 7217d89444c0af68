import { AsyncLocalStorage } from 'node:async_hooks'
import type { Incoming } from './incoming.js'

const storage = new AsyncLocalStorage<Incoming>()

/** What a method can know of the request that it runs for. */
export type CurrentRequest = Pick<Incoming, 'from' | 'instance' | 'signal' | 'timeLeft' | 'deadline'>

/**
 * The request that the calling function runs for: who asks, until when, and a signal that is aborted when nobody waits
 * any more. Undefined outside of requests, and in a runtime with `requestContext: false`. Holds over `await`, timers and
 * events, as AsyncLocalStorage does.
 */
export function currentRequest(): CurrentRequest | undefined {
  return storage.getStore()
}

/** The same, for those who make requests: what is asked within a request inherits its deadline, and ends with it. */
export function enclosingRequest(): Incoming | undefined {
  const request = storage.getStore()
  return request?.isOver === true ? undefined : request
}

/** Calls `fn` within a request. */
export function within<T>(request: Incoming, fn: (request: Incoming) => T): T {
  return storage.run(request, fn, request)
}
