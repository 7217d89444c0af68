import type { Instant } from '../clock.js'
import { SkeinError } from '../errors.js'
import { laneOf, type Parcel } from '../peer/outgoing.js'
import type { Session } from '../peer/session.js'
import type { Frames } from '../transport/transport.js'
import { OpenBatch, readBatch } from '../wire/batch.js'
import type { Header, Numbers } from '../wire/header.js'
import { malformed } from '../wire/malformed.js'
import { Kind, type Message } from '../wire/message.js'
import { Acknowledger } from './acknowledger.js'
import { Outbox } from './outbox.js'
import type { LinkParts } from './parts.js'
import { Progress } from './progress.js'
import type { Recipients } from './recipients.js'

/** What has come in one batch. */
export type Received =
  | {
      readonly kind: 'messages'
      /** The number of the batch, or 0. */
      readonly seq: number
      readonly messages: readonly Message[]
      readonly unknown: number
    }
  /** A batch that was taken before. It is acknowledged once more. */
  | { readonly kind: 'duplicate' }
  /** Something is missing before it. It is not taken; the resume after a new handshake brings it again. */
  | { readonly kind: 'gap' }

export interface ExchangeEvents {
  /** There may be something to send. */
  wake(): void
  /** Calls back when the present turn of the event loop has done its work. */
  defer(fn: () => void): void
}

export interface ExchangeParts extends LinkParts {
  /** Of all links of the runtime. */
  readonly recipients: Recipients
}

/** The data lane of a link: numbers, acknowledgements, and what waits to be sent, over as many connections as it takes. */
export class Exchange {
  readonly session: Session
  readonly outbox: Outbox
  readonly #parts: ExchangeParts
  readonly #on: ExchangeEvents
  readonly #acknowledger: Acknowledger
  readonly #progress: Progress
  /** A batch that was taken, and whose messages are not all where they belong yet. */
  #takingIn: Frames | undefined

  /** @param generation the number of the session */
  constructor(parts: ExchangeParts, generation: number, on: ExchangeEvents) {
    const { clock, flow } = parts.settings
    this.#parts = parts
    this.#on = on
    this.session = parts.safeguards.newSession(generation, parts.codec, flow)
    this.outbox = new Outbox(this.session, parts.recipients, on.defer, on.wake)
    this.#acknowledger = new Acknowledger(clock, flow, () => this.outbox.flushSoon())
    this.#progress = new Progress(this.session)
  }

  /** Puts a message into the outbox, whether or not there is room; it leaves in this turn, with others of it. */
  post(message: Message, peer: string): Parcel {
    return this.outbox.post(message, peer)
  }

  /** What to send now: the next batch, or an acknowledgement if one is due, or nothing. */
  nextData(token: Uint8Array): Frames | undefined {
    const next = this.session.next()
    if (next === undefined) return this.nextAcknowledgement(token)
    this.#acknowledger.left()
    return next.batch.frames(token, this.numbers(next.seq))
  }

  /** The numbers of a batch that leaves now. What is being taken in counts as taken only when that is done. */
  numbers(seq: number): Numbers {
    const { taken, admitted } = this.session
    const ack = this.#takingIn === undefined ? taken : taken - 1
    return { seq, ack, admitted: Math.min(admitted, ack) }
  }

  /** An acknowledgement alone, if one is due. */
  nextAcknowledgement(token: Uint8Array): Frames | undefined {
    if (!this.#acknowledger.isDue) return undefined
    this.#acknowledger.left()
    return new OpenBatch(this.#parts.codec).seal().frames(token, this.numbers(0))
  }

  /**
   * A batch has come. Where it brings messages, `tookIn` is to follow in the same turn, when they are where they belong:
   * until then nothing leaves but what fills a batch.
   *
   * @param header of the same batch
   * @throws ERR_PROTOCOL, ERR_TOO_LARGE
   */
  receive(frames: Frames, header: Header, peer: string): Received {
    const { codec, limits } = this.#parts
    const { seq, ack, admitted } = header
    this.acknowledged(ack)
    if (this.session.admit(admitted)) this.#on.wake()
    if (seq !== 0) {
      const taking = this.session.take(seq)
      if (taking === 'duplicate') this.#acknowledger.force()
      if (taking !== 'new') return { kind: taking }
      this.#takingIn = frames
    }
    const { messages, unknown } = readBatch(frames, codec, limits, peer, header)
    if (seq === 0) for (const { kind } of messages) checkUnnumbered(kind)
    const [first] = messages
    this.outbox.cork(first !== undefined && laneOf(first) === 'requests' ? messages.length : 0)
    return { kind: 'messages', seq, messages, unknown }
  }

  /**
   * All messages of the batch that was received last are where they belong: it can be acknowledged. What was answered at
   * once leaves at once.
   */
  tookIn(): void {
    const frames = this.#takingIn
    this.#takingIn = undefined
    if (frames !== undefined) this.#acknowledger.took(frames)
    this.outbox.uncork()
  }

  /** What was posted in answer to what has come has left. */
  settle(): void {
    this.#acknowledger.settle()
  }

  /**
   * The peer has taken everything up to `seq`.
   *
   * @throws ERR_PROTOCOL
   */
  acknowledged(seq: number): void {
    if (seq <= this.session.acked) return
    if (!this.session.acknowledge(seq)) {
      throw new SkeinError('ERR_PROTOCOL', `batch ${seq} was acknowledged, which was never sent`)
    }
    this.outbox.acknowledged()
    this.#on.wake() // the window has opened
  }

  /**
   * A new connection: the peer has taken everything up to `taken`, and the rest goes out again.
   *
   * @returns false if it claims to have taken what was never sent
   */
  resume(taken: number): boolean {
    const possible = this.session.resume(taken)
    // Not at once: what is posted then could leave before the shake, which is the first thing on a connection.
    if (possible) this.#on.defer(() => this.outbox.acknowledged())
    return possible
  }

  /**
   * Requests of the peer's wait to be started, from the batch of this number on; it sends no more than the window allows
   * until they are. None do, if it is undefined.
   */
  hold(seq: number | undefined): void {
    const before = this.session.admitted
    this.session.hold(seq)
    if (this.session.admitted === before) return
    if (seq === undefined) this.#acknowledger.force()
    else this.#acknowledger.soon()
  }

  /** The peer was heard. Whether its data connection must be taken for broken. */
  isStuckAt(now: Instant): boolean {
    return this.#progress.isStuckAt(now)
  }

  /** The connection is given up for another. */
  reset(): void {
    this.#progress.reset()
  }

  /** We take our leave: what was posted leaves yet, and can't be taken back. */
  commit(): void {
    this.session.commit()
  }

  /** Nothing more is taken in. What was taken is acknowledged, and nobody waits for room any more. */
  retire(): void {
    this.#acknowledger.force()
    this.outbox.close()
  }

  /** Drops everything. */
  close(): void {
    this.#acknowledger.close()
    this.outbox.close()
    this.session.close()
  }
}

/** What may come without a number: it may be lost, or come twice, and does no harm. */
const UNNUMBERED: ReadonlySet<Kind> = new Set([Kind.heart, Kind.beat, Kind.disconnect, Kind.hand, Kind.shake])

function checkUnnumbered(kind: Kind): void {
  if (!UNNUMBERED.has(kind)) throw malformed(`a message of kind ${kind} came in a batch without a number`)
}
