import type { Clock, Instant } from '../clock.js'
import type { Frames } from '../transport/transport.js'
import { OpenBatch } from '../wire/batch.js'
import type { Codec } from '../wire/codec.js'
import type { Numbers } from '../wire/header.js'
import { type Beat, type DirectoryEntry, Kind, type Message } from '../wire/message.js'

/** What every batch on the control connection bears, and whom it is for. */
export interface Envelope {
  readonly token: Uint8Array
  readonly numbers: Numbers
  readonly peer: string
}

export interface PulseEvents {
  /** There is something to send. */
  wake(): void
  /** Undefined while nothing may be sent. */
  envelope(): Envelope | undefined
}

/** A peer that doesn't read its control connection for long needs only our latest words. */
const LATEST = 4

/** The control lane of a link: hearts, beats, and what the beats told. */
export class Pulse {
  readonly #clock: Clock
  readonly #codec: Codec
  readonly #on: PulseEvents
  #queue: Frames[] = []
  #n = 0
  #askedAt: Instant = 0
  #rtt: number | undefined
  #last: Beat | undefined
  #lastAt: Instant = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, codec: Codec, on: PulseEvents) {
    this.#clock = clock
    this.#codec = codec
    this.#on = on
  }

  /** The number of the last heart that was sent. */
  get asked(): number {
    return this.#n
  }

  /** Milliseconds from the last heart to its beat. */
  get rtt(): number | undefined {
    return this.#rtt
  }

  /** What the peer last told of itself. */
  get last(): Beat | undefined {
    return this.#last
  }

  /** When it told that. */
  get lastAt(): Instant {
    return this.#lastAt
  }

  /** Asks the peer whether it is well. */
  heart(): void {
    this.#send(() => {
      this.#askedAt = this.#clock.now()
      return { kind: Kind.heart, n: ++this.#n }
    })
  }

  /** Answers a heart. */
  beat(beat: Beat): void {
    this.#send(() => beat)
  }

  /** Tells a peer that it is refused, and why. */
  tellOff({ uid, instance }: DirectoryEntry, reason: string): void {
    this.#send(() => ({ kind: Kind.disconnect, uid, instance, reason }))
  }

  /** A beat has come. */
  took(beat: Beat): void {
    this.#last = beat
    this.#lastAt = this.#clock.now()
    if (beat.n === this.#n) this.#rtt = this.#clock.now() - this.#askedAt
  }

  /** The connection was closed: what was queued on it is void. */
  reset(): void {
    this.#queue = []
  }

  next(): Frames | undefined {
    return this.#queue.shift()
  }

  #send(message: () => Message): void {
    const envelope = this.#on.envelope()
    if (envelope === undefined) return
    const batch = new OpenBatch(this.#codec)
    batch.append(message(), envelope.peer)
    if (this.#queue.length >= LATEST) this.#queue.shift()
    this.#queue.push(batch.seal().frames(envelope.token, envelope.numbers))
    this.#on.wake()
  }
}
