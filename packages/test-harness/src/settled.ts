import type { TurnedClock } from '@skein/core/internal'
import { HarnessError } from './errors.js'

/** What a promise gave, and how many milliseconds the clock was turned for that. */
export interface Settled<T> {
  readonly value: T
  readonly took: number
}

/**
 * Turns a clock until a promise has settled.
 *
 * @param within milliseconds @default 60 000
 * @throws what the promise rejects with, or ERR_NOT_IN_TIME if it has not settled by then
 */
export async function settled<T>(
  clock: Pick<TurnedClock, 'now' | 'advance'>,
  promise: Promise<T>,
  within = 60_000,
): Promise<Settled<T>> {
  const began = clock.now()
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  promise.then(settle, settle)
  await clock.advance(0)
  while (!isSettled) {
    if (clock.now() - began > within) {
      throw new HarnessError('ERR_NOT_IN_TIME', 'the promise has not settled', { timeoutMs: within })
    }
    await clock.advance(1)
  }
  return { value: await promise, took: clock.now() - began }
}
