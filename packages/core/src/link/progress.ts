import type { Instant } from '../clock.js'
import type { Session } from '../peer/session.js'

/**
 * How long what was sent may go unacknowledged, in milliseconds, while its receiver is heard all the time: a receiver
 * that runs acknowledges within `ackDelay`. And a second more for each MiB that is under way on a slow network.
 */
const STUCK_AFTER = 5000
const SLOWEST_BYTES_PER_MS = 1024 ** 2 / 1000

/** A silence as long as this is no proof against the connection: the receiver may have been busy. */
const HEARD_ALL_THE_TIME = 2000

/**
 * Watches that what is sent arrives. The data connection reports no events, so a break of it alone shows in nothing but
 * this: the peer is heard, and acknowledges nothing.
 */
export class Progress {
  readonly #session: Session
  #acked = 0
  #heard: Instant = 0
  /** Since when nothing has progressed although something is under way. */
  #standingSince: Instant | undefined

  constructor(session: Session) {
    this.#session = session
  }

  /** The peer was heard. Whether its data connection must be taken for broken. */
  isStuckAt(now: Instant): boolean {
    const { acked, flying } = this.#session
    const busy = now - this.#heard > HEARD_ALL_THE_TIME
    this.#heard = now
    if (flying === 0 || acked > this.#acked) this.#standingSince = undefined
    this.#acked = acked
    if (flying === 0) return false
    if (busy || this.#standingSince === undefined) this.#standingSince = now
    return now - this.#standingSince >= STUCK_AFTER + flying / SLOWEST_BYTES_PER_MS
  }

  /** A new connection: everything begins anew. */
  reset(): void {
    this.#standingSince = undefined
  }
}
