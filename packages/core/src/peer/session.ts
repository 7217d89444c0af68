import { SkeinError } from '../errors.js'
import { Fifo } from '../fifo.js'
import type { FlowOptions } from '../options.js'
import { OpenBatch, SealedBatch } from '../wire/batch.js'
import type { Codec } from '../wire/codec.js'
import { Copies } from '../wire/copies.js'
import type { Message } from '../wire/message.js'
import { isFull, laneOf, Outgoing, Queue } from './outgoing.js'
import { RequestWindow } from './request-window.js'

/** A batch that was larger than this was a rare one. */
const MOST_USUAL_BYTES = 16_384

export type Taking = 'new' | 'duplicate' | 'gap'

/**
 * What two instances owe each other, over as many connections as it takes.
 *
 * Outwards: messages are gathered into batches, which are numbered as they leave and stay here until the peer has taken
 * them; on a new connection, what it has not taken goes out again. Requests go out only as far as the peer has started
 * those before them; answers pass them. Inwards: the number of the last batch taken, one integer, which keeps a batch
 * from being taken twice. `docs/protocol.md`, Sessions.
 */
export class Session {
  #generation: number
  readonly #codec: Codec
  readonly #copies = new Copies()
  readonly #flow: FlowOptions
  readonly #queues = { requests: new Queue(), answers: new Queue() }
  /** Sent and not acknowledged, in the order of their numbers. */
  readonly #sent = new Fifo<Outgoing>()
  /** How many of them, from the front, have gone out on the present connection, and their bytes. */
  #cursor = 0
  #flying = 0
  readonly #requestWindow: RequestWindow
  #encoding = false
  #begun = 0
  /** Of frame 0 of the last batch that left: the next is likely to be as large, and need not grow. */
  #usualBytes = 0
  #lastSeq = 0
  #acked = 0
  #taken = 0
  /** The number of the first batch from the peer that holds a request which has not started. */
  #held: number | undefined
  #bytes = 0
  #answerBytes = 0
  #messages = 0

  constructor(generation: number, codec: Codec, flow: FlowOptions) {
    this.#generation = generation
    this.#codec = codec
    this.#flow = flow
    this.#requestWindow = new RequestWindow(flow)
  }

  /** Counts the sessions between the two instances, from 1. */
  get generation(): number {
    return this.#generation
  }

  /** Gives the session another number, if nothing was sent or taken in it yet. */
  renumber(generation: number): boolean {
    if (this.#taken > 0 || this.#lastSeq > 0) return false
    this.#generation = generation
    return true
  }

  /** The number of the last batch taken from the peer. */
  get taken(): number {
    return this.#taken
  }

  /** The number of the last batch from the peer up to which all requests have started. */
  get admitted(): number {
    return this.#held === undefined ? this.#taken : this.#held - 1
  }

  /** The number of the last batch handed to the present connection. */
  get sent(): number {
    return this.#acked + this.#cursor
  }

  get acked(): number {
    return this.#acked
  }

  /** Bytes posted and not acknowledged. */
  get bytes(): number {
    return this.#bytes
  }

  /** Messages posted and not acknowledged. */
  get messages(): number {
    return this.#messages
  }

  /** Bytes sent on the present connection and not acknowledged. */
  get flying(): number {
    return this.#flying
  }

  /** Whether everything posted has been acknowledged. */
  get isEmpty(): boolean {
    return this.#messages === 0
  }

  /** Whether another message keeps within the bounds. An empty outbox takes any message that a batch can hold. */
  get hasRoom(): boolean {
    if (this.#messages === 0) return true
    return this.#bytes < this.#flow.outboxBytes && this.#messages < this.#flow.outboxMessages
  }

  /** Whether the answers alone keep within the bound: requests that wait must not hold them up. */
  get hasRoomForAnswers(): boolean {
    return this.#answerBytes === 0 || this.#answerBytes < this.#flow.outboxBytes
  }

  /**
   * Puts a message into the outbox, encoded as it is now. Does not look at the bounds: whoever can wait asks `hasRoom`.
   *
   * @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE; nothing has been posted then.
   */
  post(message: Message, peer: string): Outgoing {
    const lane = laneOf(message)
    const queue = this.#queues[lane]
    const parcel = queue.open ?? new Outgoing(lane, this.#begun, this.#openBatch())
    const { batch } = parcel
    if (!(batch instanceof OpenBatch)) throw new TypeError('an open parcel holds an open batch')
    this.#encode(batch, message, peer)
    if (queue.open === undefined) {
      this.#begun += 1
      queue.open = parcel
      queue.parcels.push(parcel)
    }
    this.#account(parcel, batch.bytes - parcel.bytes, 1)
    parcel.bytes = batch.bytes
    if (isFull(batch, this.#flow.batchBytes)) {
      queue.open = undefined
      parcel.seal()
    }
    return parcel
  }

  /** The next batch to send on the present connection, if there is one and the windows allow it. It counts as sent. */
  next(): { readonly seq: number; readonly batch: SealedBatch } | undefined {
    const again = this.#sent.at(this.#cursor)
    const parcel = again ?? this.#choose()
    if (parcel === undefined) return undefined
    if (this.#flying > 0 && this.#flying + parcel.bytes > this.#flow.windowBytes) return undefined
    if (again === undefined) this.#number(parcel)
    this.#cursor += 1
    this.#flying += parcel.bytes
    return { seq: parcel.seq, batch: parcel.seal() }
  }

  /** What the number on a batch that has come means. A new one is hereby taken. */
  take(seq: number): Taking {
    if (seq <= this.#taken) return 'duplicate'
    if (seq > this.#taken + 1) return 'gap'
    this.#taken = seq
    return 'new'
  }

  /** Requests from here on have not started: the number of the batch that the first of them is in, if there are any. */
  hold(seq: number | undefined): void {
    this.#held = seq
  }

  /**
   * The peer has taken everything up to `seq`, which is let go.
   *
   * @returns whether that was possible: false if it acknowledges what was never sent.
   */
  acknowledge(seq: number): boolean {
    while (this.#acked < seq) {
      const parcel = this.#sent.shift()
      if (parcel === undefined) return false
      this.#acked += 1
      this.#account(parcel, -parcel.bytes, -parcel.messages)
      if (parcel.batch instanceof SealedBatch) parcel.batch.taken()
      parcel.batch = undefined
      if (this.#cursor > 0) {
        this.#cursor -= 1
        this.#flying -= parcel.bytes
      }
    }
    return true
  }

  /** The peer has started all requests up to batch `seq`: as many others may follow. Whether that makes room. */
  admit(seq: number): boolean {
    return this.#requestWindow.admit(seq)
  }

  /** A new connection: the peer has taken everything up to `taken`, and the rest goes out again. */
  resume(taken: number): boolean {
    this.#cursor = 0
    this.#flying = 0
    return this.acknowledge(taken)
  }

  /** This side takes its leave: what was posted is under way, and can't be taken back. */
  commit(): void {
    for (const { parcels } of Object.values(this.#queues)) {
      for (let i = 0; i < parcels.length; i++) {
        const parcel = parcels.at(i)
        if (parcel !== undefined) parcel.sent = true
      }
    }
  }

  /** The session is over: nothing of it is sent any more, and it holds nothing. */
  close(): void {
    for (const queue of Object.values(this.#queues)) {
      queue.open = undefined
      while (queue.parcels.shift() !== undefined);
    }
    while (this.#sent.shift() !== undefined);
    this.#cursor = this.#flying = this.#bytes = this.#answerBytes = this.#messages = 0
  }

  /** Of the two lanes, the one whose next batch was begun first; if the peer has no room for requests, the answers. */
  #choose(): Outgoing | undefined {
    const answers = this.#queues.answers.parcels.at(0)
    const requests = this.#queues.requests.parcels.at(0)
    if (requests === undefined || !this.#requestWindow.allows(requests)) return answers
    return answers === undefined || requests.order < answers.order ? requests : answers
  }

  #number(parcel: Outgoing): void {
    if (parcel.batch instanceof OpenBatch)
      this.#usualBytes = Math.min(parcel.batch.frameBytes, MOST_USUAL_BYTES)
    const queue = this.#queues[parcel.lane]
    queue.parcels.shift()
    if (queue.open === parcel) queue.open = undefined
    this.#lastSeq += 1
    parcel.seq = this.#lastSeq
    parcel.sent = true
    this.#sent.push(parcel)
    if (parcel.lane === 'requests') this.#requestWindow.sent(parcel)
  }

  #account(parcel: Outgoing, bytes: number, messages: number): void {
    this.#bytes += bytes
    this.#messages += messages
    if (parcel.lane === 'answers') this.#answerBytes += bytes
  }

  #openBatch(): OpenBatch {
    return new OpenBatch(this.#codec, this.#usualBytes, this.#copies)
  }

  #encode(batch: OpenBatch, message: Message, peer: string): void {
    if (this.#encoding) {
      throw new SkeinError(
        'ERR_NOT_SERIALISABLE',
        'a getter of a value that is being sent sends something itself',
      )
    }
    this.#encoding = true
    try {
      batch.append(message, peer)
    } finally {
      this.#encoding = false
    }
  }
}
