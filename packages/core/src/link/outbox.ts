import { Fifo } from '../fifo.js'
import type { Parcel } from '../peer/outgoing.js'
import type { Session } from '../peer/session.js'
import type { Message } from '../wire/message.js'

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
 * What is to go to a peer: posted now or waiting for room, and sent with all else that is posted in the same turn, as
 * far as a batch may grow.
 */
export class Outbox {
  readonly #session: Session
  readonly #defer: (fn: () => void) => void
  readonly #flush: () => void
  /** In the order of asking. */
  readonly #waiting = new Set<RoomWaiter>()
  readonly #answering = new Fifo<() => void>()
  #draining: (() => void)[] = []
  #scheduled = false
  #corked = false

  /**
   * @param defer calls back when the present turn has done its work
   * @param flush sends what there is
   */
  constructor(session: Session, defer: (fn: () => void) => void, flush: () => void) {
    this.#session = session
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
    const messages = this.#session.flying === 0 ? FIRST_BATCH_MESSAGES : BATCH_MESSAGES
    if (parcel.messages >= messages || parcel.bytes >= BATCH_BYTES) this.#flush()
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

  /** What is posted until `uncork`, in the same turn, leaves then. */
  cork(): void {
    this.#corked = true
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
