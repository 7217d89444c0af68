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

/** Puts `worker:0:2` before `worker:0:10`. */
export const byNumber = new Intl.Collator('en', { numeric: true }).compare
