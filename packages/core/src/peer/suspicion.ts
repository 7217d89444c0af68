import type { LivenessOptions } from '../options.js'

/** How many others are asked about a peer that is lost, and how many confirmations make its suspicion shortest. */
export const WITNESSES = 3

/**
 * How long a suspicion lasts that so many have confirmed: from `suspicion` down to `confirmedSuspicion`, the first
 * confirmation counting most. (The formula is that of Lifeguard, Dadgar, Phillips and Currey 2018, section III.B.)
 */
export function suspicionAfter(
  confirmations: number,
  { suspicion, confirmedSuspicion }: LivenessOptions,
): number {
  const shortest = Math.min(suspicion, confirmedSuspicion)
  const share = Math.log(confirmations + 1) / Math.log(WITNESSES + 1)
  return Math.max(shortest, Math.round(suspicion - (suspicion - shortest) * share))
}

/** Of the shortest suspicion, the share that a peer has to greet us anew. */
const GREETING_SHARE = 4

/**
 * How long a suspicion lasts at most when the peer's host refuses connections, and somebody has lost the peer too: a peer
 * that lives has seen the connection break, and greets us meanwhile.
 */
export function suspicionRefused({ confirmedSuspicion }: LivenessOptions): number {
  return confirmedSuspicion / GREETING_SHARE
}
