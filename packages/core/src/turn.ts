// A property of `globalThis` that has a getter, as `process` is, costs as much as what is called on it.
import { nextTick } from 'node:process'

const DONE = Promise.resolve()

/**
 * Calls back when the present turn of the event loop has done its work: after all promise jobs that are queued now, and
 * those that they queue. Whatever they post leaves together, but for what is too much for one batch.
 */
export function atEndOfTurn(fn: () => void): void {
  // Not queueMicrotask, which makes an AsyncResource each time.
  void DONE.then(() => nextTick(fn))
}

/**
 * Calls back after the present turn, and what was to be done at its end by those who had asked for it or did so in this turn.
 * To be called from a promise job.
 */
export function afterTurn(fn: () => void): void {
  // Ticks come when no promise job is left, all in a row: the job that is made here comes after the last of them.
  nextTick(() => void DONE.then(fn))
}
