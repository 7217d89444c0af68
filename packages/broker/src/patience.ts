import type { LivenessOptions } from '@skein/core'

/** How often a silent one is asked in vain before it is expired. */
export const TRIES = 5

/**
 * The mesh's settings for: a beat is asked after `timeout` milliseconds of silence, and whoever says nothing is expired
 * after five. Silence is that of the process: one whose event loop is busy is answered for by its I/O thread.
 */
export function livenessFor(timeout: number): Partial<LivenessOptions> {
  // Heartbeats stop, and the connection counts as lost after one and a half; the rest is what it may take to come back.
  const heartbeatTimeout = Math.ceil(1.5 * timeout)
  // A fifth of one more: the heartbeats' timers are the system's, and it is not to be before five.
  const suspicion = Math.ceil((TRIES + 0.2) * timeout - heartbeatTimeout)
  return {
    heartInterval: timeout,
    stalledAfter: 2.5 * timeout,
    greetInterval: TRIES * timeout,
    heartbeatInterval: Math.ceil(timeout / 2),
    heartbeatTimeout,
    suspicion,
    // Workers and clients know nobody but the broker: there are no others whose word could count.
    confirmedSuspicion: suspicion,
  }
}
