import { setImmediate } from 'node:timers/promises'
import { turns } from './turns.js'

/** Milliseconds in which V8 does it otherwise, on a busy machine too. */
const LIMIT = 2000

/** What these do not collect, more would not: each takes a tenth of a second of the processor. */
const MOST_COLLECTIONS = 5

/**
 * Whether V8 still calls back a FinalizationRegistry of this process. After one has been collected between the planning of
 * its call and the call itself, V8 (11 to 13) calls none any more: its task finds nothing to do, and doesn't say that it
 * is over. A process in which test files come and go may get there, and what they would test is not to be seen there.
 *
 * @param gc collects all garbage
 */
export async function finalizes(gc: () => void): Promise<boolean> {
  let called = false
  const registry = new FinalizationRegistry(() => {
    called = true
  })
  const register = () => registry.register({}, undefined)
  register()
  let collections = 0
  for await (const _left of turns(LIMIT)) {
    if (called) break
    if (collections++ < MOST_COLLECTIONS) gc()
    // V8 calls back in a task of its own, and to collect once more takes much longer than to wait for it.
    for (let turn = 0; turn < 5 && !called; turn++) await setImmediate()
  }
  if (!called) console.warn('V8 calls back no FinalizationRegistry of this process any more: not tested')
  return called
}
