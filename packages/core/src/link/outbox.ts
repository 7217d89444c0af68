import { Fifo } from '../fifo.js'
import type { Lane, Parcel } from '../peer/outgoing.js'
import type { Session } from '../peer/session.js'
import type { Message } from '../wire/message.js'
import type { Recipients } from './recipients.js'

/** Somebody who waits for room in the outbox: one of the two is called, once. */
export interface RoomWaiter {
  post(): void
  /** The link has ended first. */
  lost(): void
}

/**
 * A batch that has so many messages or bytes leaves in the midst of a turn, so that both sides work at the same time:
 * whoever waits for the whole of what a turn posts leaves the peer idle until its end. A peer that has nothing of ours
 * to do gets the first of it sooner. Smaller batches cost more than that gains: each wakes a thread on either side.
 * (Measured over tcp with 256 calls in flight: half as many again a second as without it.)
 */
const BATCH_MESSAGES = 128
const FIRST_BATCH_MESSAGES = 32
const BATCH_BYTES = 65_536

/**
 * Where several peers get batches of at least `FIRST_BATCH_MESSAGES`, one works while the next waits for its own, and what is
 * in fewer batches costs less. What is sent in small parts is answered in small parts, and the next requests follow as they
 * were answered: parts never grow together again.
 * (Measured with 16 workers and 256 calls in flight to each: half as many again a second as with the bounds above.)
 */
const SHARED_BATCH_MESSAGES = 256

/**
 * What is to go to a peer: posted now or waiting for room, and sent with all else that is posted in the same turn, as
 * far as a batch may grow.
 */
export class Outbox {
  readonly #session: Session
  readonly #recipients: Recipients
  /** What this one's peer is known by there. */
  readonly #peer = {}
  readonly #defer: (fn: () => void) => void
  readonly #flush: () => void
  /** In the order of asking. */
  readonly #waiting = new Set<RoomWaiter>()
  readonly #answering = new Fifo<() => void>()
  #draining: (() => void)[] = []
  #scheduled = false
  #corked = false
  /** Messages of the batch of requests that came last. */
  #asked = 0
  /** Whether what is posted now goes to one of several peers that get large batches. */
  #isShared = false

  /**
   * @param recipients of all outboxes of the runtime
   * @param defer calls back when the present turn has done its work
   * @param flush sends what there is
   */
  constructor(session: Session, recipients: Recipients, defer: (fn: () => void) => void, flush: () => void) {
    this.#session = session
    this.#recipients = recipients
    this.#defer = defer
    this.#flush = flush
  }

  /** Whether a message can be posted now without waiting: there is room, and nobody waits for it. */
  get hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#session.hasRoom
  }

  /** Puts a message into the outbox, whether or not there is room; it leaves in this turn, with others of it. */
  post(message: Message, peer: string): Parcel {
    const parcel = this.#session.post(message, peer)
    if (parcel.bytes >= BATCH_BYTES || this.#isMany(parcel.messages, parcel.lane)) this.#flush()
    else this.flushSoon()
    return parcel
  }

  /** Lets `waiter` post once there is room for it, in the order of asking. */
  whenRoom(waiter: RoomWaiter): void {
    this.#waiting.add(waiter)
  }

  /** It doesn't wait any more. */
  forget(waiter: RoomWaiter): void {
    this.#waiting.delete(waiter)
  }

  /** Calls back once there is room for answers, in the order of asking. Not at all if the link ends before. */
  whenRoomForAnswers(fn: () => void): void {
    this.#answering.push(fn)
  }

  /** Resolves when everything posted has been acknowledged, or the link has ended. */
  drained(): Promise<void> {
    if (this.#session.isEmpty && this.#waiting.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#draining.push(resolve))
  }

  /**
   * A batch has come. What is posted until `uncork`, in the same turn, leaves then.
   *
   * @param asked how many requests are in it
   */
  cork(asked: number): void {
    this.#corked = true
    if (asked > 0) this.#asked = asked
  }

  /** Sends what would leave at the end of the turn. */
  uncork(): void {
    this.#corked = false
    if (this.#scheduled) this.#run()
  }

  flushSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (!this.#corked) this.#defer(this.#run)
  }

  /** Something was acknowledged: there may be room. */
  acknowledged(): void {
    for (const waiter of this.#waiting) {
      if (!this.#session.hasRoom) break
      this.#waiting.delete(waiter)
      waiter.post()
    }
    while (this.#answering.length > 0 && this.#session.hasRoomForAnswers) this.#answering.shift()?.()
    if (this.#session.isEmpty) this.#release()
  }

  /** Lets all who wait for room post now: what is posted after this is a farewell. */
  admitAll(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.post()
    }
  }

  /** Nothing more will be sent. */
  close(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.lost()
    }
    while (this.#answering.shift() !== undefined);
    this.#release()
  }

  /** Whether a batch has so many messages that it leaves now. */
  #isMany(messages: number, lane: Lane): boolean {
    if (messages < FIRST_BATCH_MESSAGES) return false
    if (messages === FIRST_BATCH_MESSAGES) this.#isShared = this.#recipients.alternates(this.#peer)
    const enough = this.#session.flying === 0 ? FIRST_BATCH_MESSAGES : BATCH_MESSAGES
    // Whoever has sent so many requests in one batch can wait for as many answers in one.
    if (lane === 'answers') return messages >= Math.max(enough, this.#asked)
    return messages >= (this.#isShared ? SHARED_BATCH_MESSAGES : enough)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.#flush()
  }

  #release(): void {
    if (this.#draining.length === 0) return
    for (const resolve of this.#draining) resolve()
    this.#draining = []
  }
}
