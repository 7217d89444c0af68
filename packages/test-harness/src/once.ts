import { clearTimeout, setTimeout } from 'node:timers'
import { HarnessError } from './errors.js'

/** What Node's emitters, eventemitter3's and Skein's own have in common. */
export interface Emitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
}

export interface OnceOptions {
  /**
   * Milliseconds until it gives up.
   * @default 30_000
   */
  timeout?: number
}

/**
 * Resolves with the arguments of the next `event` that `predicate` accepts; with none, of the next. Listens from the
 * call on, so make it before doing what causes the event. A predicate that throws rejects.
 *
 * @throws HarnessError `ERR_NOT_IN_TIME`
 */
export function once<Args extends unknown[]>(
  emitter: Emitter,
  event: string,
  predicate: (...args: Args) => boolean = () => true,
  { timeout = 30_000 }: OnceOptions = {},
): Promise<Args> {
  // Made here, so that its stack begins at the caller.
  const late = new HarnessError('ERR_NOT_IN_TIME', `waited ${timeout} ms for '${event}', in vain`, {
    timeoutMs: timeout,
  })
  Error.captureStackTrace(late, once)

  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      emitter.off(event, listener)
      settle()
    }
    const listener = (...args: unknown[]) => {
      // The emitter's types are the caller's to know, as with Node's own `once`.
      const given = args as Args
      try {
        if (predicate(...given)) finish(() => resolve(given))
      } catch (error) {
        finish(() => reject(error))
      }
    }
    const timer = setTimeout(() => finish(() => reject(late)), timeout)
    emitter.on(event, listener)
  })
}
