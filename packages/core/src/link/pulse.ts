import type { Instant } from '../clock.js'
import type { Session } from '../peer/session.js'
import type { Frames } from '../transport/transport.js'
import { type Beat, type Heart, Kind } from '../wire/message.js'

/**
 * How long a data connection may go without progress, in milliseconds, before it is taken for broken while its peer
 * answers hearts: five beats, and a second more for each MiB that is under way on a slow network.
 */
const STUCK_AFTER = 5000
const SLOWEST_BYTES_PER_MS = 1024 ** 2 / 1000

/** The hearts and beats of one link: what waits to be sent on the control connection, and what the beats told. */
export class Pulse {
  readonly #session: Session
  #queue: Frames[] = []
  #n = 0
  #askedAt: Instant = 0
  #sentThen = 0
  /** Taken by the peer as of its last beat, and since when that number hasn't moved although more was sent. */
  #taken = 0
  #standingSince: Instant | undefined
  #rtt: number | undefined
  #last: Beat | undefined

  constructor(session: Session) {
    this.#session = session
  }

  /** Milliseconds from the last heart to its beat. */
  get rtt(): number | undefined {
    return this.#rtt
  }

  /** What the peer last told of itself. */
  get last(): Beat | undefined {
    return this.#last
  }

  heart(now: Instant): Heart {
    this.#askedAt = now
    this.#sentThen = this.#session.sent
    return { kind: Kind.heart, n: ++this.#n }
  }

  beat(beat: Beat, now: Instant): void {
    this.#last = beat
    if (beat.n !== this.#n) return
    this.#rtt = now - this.#askedAt
    const progressed = beat.taken > this.#taken || beat.taken >= this.#sentThen
    this.#taken = beat.taken
    if (progressed) this.#standingSince = undefined
    else this.#standingSince ??= now
  }

  /** Whether the peer answers hearts while what was sent to it long ago doesn't arrive. */
  isStuck(now: Instant): boolean {
    if (this.#standingSince === undefined) return false
    return now - this.#standingSince >= STUCK_AFTER + this.#session.flying / SLOWEST_BYTES_PER_MS
  }

  /** The connection was closed: what was queued on it is void. */
  reset(): void {
    this.#queue = []
    this.#standingSince = undefined
  }

  push(frames: Frames): void {
    // A peer that doesn't read its control connection for long needs only our latest word.
    if (this.#queue.length >= 4) this.#queue.shift()
    this.#queue.push(frames)
  }

  next(): Frames | undefined {
    return this.#queue.shift()
  }
}
