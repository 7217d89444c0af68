import type { Instant } from '../clock.js'
import type { Frames } from '../transport/transport.js'
import { type Beat, type Heart, Kind } from '../wire/message.js'

/** The hearts and beats of one link: what waits to be sent on the control connection, and what the beats told. */
export class Pulse {
  #queue: Frames[] = []
  #n = 0
  #askedAt: Instant = 0
  #rtt: number | undefined
  #last: Beat | undefined

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
    return { kind: Kind.heart, n: ++this.#n }
  }

  beat(beat: Beat, now: Instant): void {
    this.#last = beat
    if (beat.n === this.#n) this.#rtt = now - this.#askedAt
  }

  /** The connection was closed: what was queued on it is void. */
  reset(): void {
    this.#queue = []
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
