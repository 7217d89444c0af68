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

/** Resolves when the present turn has done its work, and what was to be done then: what was asked for before comes first. */
export function endOfTurn(): Promise<void> {
  return new Promise(atEndOfTurn)
}
