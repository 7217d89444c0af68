import { SkeinError } from '../errors.js'
import { Fifo } from '../fifo.js'
import type { FlowOptions } from '../options.js'
import { OpenBatch, type SealedBatch } from '../wire/batch.js'
import type { Codec } from '../wire/codec.js'
import type { Message } from '../wire/message.js'

/** A batch on its way: what it was posted with, and whether it was ever handed to a connection. */
export interface Parcel {
  readonly seq: number
  /** Once true, the peer may have taken it, whatever happens afterwards. */
  readonly sent: boolean
}

class Outgoing implements Parcel {
  sent = false
  bytes = 0
  messages = 0
  batch: OpenBatch | SealedBatch

  constructor(
    readonly seq: number,
    batch: OpenBatch,
  ) {
    this.batch = batch
  }

  seal(): SealedBatch {
    if (this.batch instanceof OpenBatch) this.batch = this.batch.seal()
    return this.batch
  }
}

export type Taking = 'new' | 'duplicate' | 'gap'

/**
 * What two instances owe each other, over as many connections as it takes.
 *
 * Outwards: messages are gathered into numbered batches, which stay here until the peer has acknowledged them; on a new
 * connection, what it has not taken goes out again. Inwards: the number of the last batch taken, one integer, which
 * keeps a batch from being taken twice. `docs/protocol.md`, Sessions.
 */
export class Session {
  #generation: number
  readonly #codec: Codec
  readonly #flow: FlowOptions
  /** In the order of their numbers; the last may be open. */
  readonly #parcels = new Fifo<Outgoing>()
  /** How many of them, from the front, have gone out on the present connection, and their bytes. */
  #cursor = 0
  #flying = 0
  #open: Outgoing | undefined
  #encoding = false
  #lastSeq = 0
  #acked = 0
  #taken = 0
  #bytes = 0
  #messages = 0

  constructor(generation: number, codec: Codec, flow: FlowOptions) {
    this.#generation = generation
    this.#codec = codec
    this.#flow = flow
  }

  /** Counts the sessions between the two instances, from 1. */
  get generation(): number {
    return this.#generation
  }

  /** Gives the session another number, if nothing was sent or taken in it yet. */
  renumber(generation: number): boolean {
    if (this.#taken > 0 || this.#acked > 0 || this.#parcels.at(0)?.sent === true) return false
    this.#generation = generation
    return true
  }

  /** The number of the last batch taken from the peer. */
  get taken(): number {
    return this.#taken
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

  /** Bytes sent on the present connection and not acknowledged. */
  get flying(): number {
    return this.#flying
  }

  /** Whether everything posted has been acknowledged. */
  get isEmpty(): boolean {
    return this.#parcels.length === 0
  }

  /** Whether another message keeps within the bounds. An empty outbox takes any message that a batch can hold. */
  get hasRoom(): boolean {
    if (this.#messages === 0) return true
    return this.#bytes < this.#flow.outboxBytes && this.#messages < this.#flow.outboxMessages
  }

  /**
   * Puts a message into the outbox, encoded as it is now. Does not look at the bounds: whoever can wait asks `hasRoom`.
   *
   * @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE; nothing has been posted then.
   */
  post(message: Message, peer: string): Parcel {
    const parcel = this.#open ?? new Outgoing(this.#lastSeq + 1, new OpenBatch(this.#codec))
    const batch = parcel.batch
    if (!(batch instanceof OpenBatch)) throw new TypeError('an open parcel holds an open batch')
    this.#encode(batch, message, peer)
    if (this.#open === undefined) {
      this.#lastSeq = parcel.seq
      this.#open = parcel
      this.#parcels.push(parcel)
    }
    this.#bytes += batch.bytes - parcel.bytes
    this.#messages += 1
    parcel.bytes = batch.bytes
    parcel.messages += 1
    if (parcel.bytes >= this.#flow.batchBytes || batch.attachments.length >= ATTACHMENTS_PER_BATCH) {
      this.#open = undefined
      parcel.seal()
    }
    return parcel
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

  /** The next batch to send on the present connection, if there is one and the window allows it. It counts as sent. */
  next(): { readonly seq: number; readonly batch: SealedBatch } | undefined {
    const parcel = this.#parcels.at(this.#cursor)
    if (parcel === undefined) return undefined
    if (this.#flying > 0 && this.#flying + parcel.bytes > this.#flow.windowBytes) return undefined
    if (parcel === this.#open) this.#open = undefined
    this.#cursor += 1
    this.#flying += parcel.bytes
    parcel.sent = true
    return { seq: parcel.seq, batch: parcel.seal() }
  }

  /** What the number on a batch that has come means. A new one is hereby taken. */
  take(seq: number): Taking {
    if (seq <= this.#taken) return 'duplicate'
    if (seq > this.#taken + 1) return 'gap'
    this.#taken = seq
    return 'new'
  }

  /**
   * The peer has taken everything up to `seq`, which is let go.
   *
   * @returns whether that was possible: false if it acknowledges what was never sent.
   */
  acknowledge(seq: number): boolean {
    while (this.#acked < seq) {
      const parcel = this.#parcels.at(0)
      if (parcel === undefined || !parcel.sent) return false
      this.#parcels.shift()
      this.#acked += 1
      this.#bytes -= parcel.bytes
      this.#messages -= parcel.messages
      if (this.#cursor > 0) {
        this.#cursor -= 1
        this.#flying -= parcel.bytes
      }
    }
    return true
  }

  /** A new connection: the peer has taken everything up to `taken`, and the rest goes out again. */
  resume(taken: number): boolean {
    this.#cursor = 0
    this.#flying = 0
    return this.acknowledge(taken)
  }
}

/** A batch with many attachments is closed early: its frames are counted against the reader's limits. */
const ATTACHMENTS_PER_BATCH = 64
