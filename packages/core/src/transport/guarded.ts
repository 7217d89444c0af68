import { inspect } from 'node:util'

/**
 * A callback that reports its exceptions as a process warning instead of throwing them. A transport's callbacks may not
 * throw, and one that does so all the same must not stop the loop that feeds everybody else's.
 */
export function guarded<A extends unknown[]>(fn: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      fn(...args)
    } catch (error) {
      process.emitWarning(`A transport's callback has thrown: ${inspect(error)}`)
    }
  }
}
