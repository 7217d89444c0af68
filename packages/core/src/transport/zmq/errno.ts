/**
 * The system's name for an error, `EADDRINUSE` for instance, if it has one. Told by its shape: an error that native code
 * made need not be an `Error` of this realm.
 */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Makes a call into libzmq again while a signal interrupts it: a profiler sends a thousand in a second. Where such a
 * call was interrupted it has done nothing; most of them zeromq.js repeats by itself.
 */
export function uninterrupted<T>(call: () => T): T {
  for (;;) {
    try {
      return call()
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw error
    }
  }
}
