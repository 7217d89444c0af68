import { performance } from 'node:perf_hooks'
// Not the globals: a test may have put fake ones in their place, and what waits here waits for the world outside.
import { setImmediate, setTimeout } from 'node:timers/promises'

/** The longest pause in milliseconds: what is awaited is seen at most this late. */
const LONGEST_PAUSE = 50

/**
 * Turns at which to look at something again: one at once, one after the event loop has gone round, then in pauses that
 * grow by a millisecond each, and the last when `timeout` milliseconds have passed. A machine that stands still for
 * all of that time takes none of the first two.
 *
 * Yields the milliseconds that are left, 0 at the last turn.
 */
export async function* turns(timeout: number): AsyncGenerator<number, void, void> {
  const deadline = performance.now() + timeout
  let left = timeout
  for (let pause = 0; left > 0; pause = Math.min(pause + 1, LONGEST_PAUSE)) {
    yield left
    await (pause === 0 ? setImmediate() : setTimeout(Math.min(pause, Math.ceil(left))))
    left = Math.max(0, deadline - performance.now())
  }
  yield 0
}
