import { isLive } from './directory.js'
import type { Runtime } from './runtime.js'

/** The uids of the workers that are there, in the order of their numbers. */
export function liveWorkers(runtime: Pick<Runtime, 'peers'>): string[] {
  return runtime
    .peers()
    .filter((peer) => isLive(peer) && peer.roles.includes('worker'))
    .map(({ uid }) => uid)
    .sort(byNumber)
}

let collator: Intl.Collator | undefined

/** Puts `worker:0:2` before `worker:0:10`. */
export function byNumber(a: string, b: string): number {
  // Made when it is first asked: that takes 10 ms, which every process would pay.
  collator ??= new Intl.Collator('en', { numeric: true })
  return collator.compare(a, b)
}
