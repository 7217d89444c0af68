import { SkeinError } from '@skein/core'
import type { Clock } from '@skein/core/internal'

export interface Awaiting {
  readonly clock: Clock
  /** Milliseconds; Infinity for as long as it takes. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
  /** Calls back when it may have come; gives how not to be called any more. */
  readonly watch: (fn: () => void) => () => void
  /** What has not come, for the error: 'nobody has subscribed to log'. */
  readonly missing: () => string
}

/**
 * Resolves with what `look` gives, as soon as it gives something: it is asked at once, and whenever it may have come.
 *
 * @throws what `look` throws, ERR_TIMEOUT, ERR_CANCELLED
 */
export function awaited<T>(look: () => T | undefined, awaiting: Awaiting): Promise<T> {
  const { clock, timeout, signal, watch, missing } = awaiting
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      timer?.cancel()
      unwatch()
      signal?.removeEventListener('abort', aborted)
      settle()
    }
    const fail = (code: 'ERR_CANCELLED' | 'ERR_TIMEOUT', why: string): void =>
      end(() => reject(new SkeinError(code, `${why}: ${missing()}`, { timeoutMs: timeout, executed: 'no' })))
    const aborted = (): void => fail('ERR_CANCELLED', 'it was given up')
    const again = (): void => {
      try {
        const found = look()
        if (found !== undefined) end(() => resolve(found))
      } catch (error) {
        end(() => reject(error))
      }
    }
    const unwatch = watch(again)
    const late = (): void => fail('ERR_TIMEOUT', `${timeout} ms have passed`)
    const timer = timeout === Number.POSITIVE_INFINITY ? undefined : clock.after(timeout, late)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted === true) aborted()
    else again()
  })
}
