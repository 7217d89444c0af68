import { Fifo } from '../fifo.js'
import { OpenBatch, type SealedBatch } from '../wire/batch.js'
import { Kind, type Message } from '../wire/message.js'

/** A batch on its way: whether it was ever handed to a connection, and a way to take back what is in it until then. */
export interface Parcel {
  /** The number that it has from the moment it is sent; 0 before. */
  readonly seq: number
  /** How many messages are in it. */
  readonly messages: number
  /** Once true, the peer may have taken it, whatever happens afterwards. */
  readonly sent: boolean
  /** Takes a message back, by its index. False if it is too late: it must be taken for sent. */
  withdraw(index: number): boolean
}

/** Requests wait until the receiver has room to run them; answers don't: it has asked for them. */
export type Lane = 'requests' | 'answers'

/** What ends a runtime or a link goes behind what was asked before it. */
const REQUESTS: ReadonlySet<Kind> = new Set([Kind.call, Kind.cmd, Kind.stop, Kind.disconnect])

export function laneOf({ kind }: Message): Lane {
  return REQUESTS.has(kind) ? 'requests' : 'answers'
}

export class Outgoing implements Parcel {
  seq = 0
  sent = false
  bytes = 0
  /** What is left of it once the peer has taken it is its size. */
  batch: OpenBatch | SealedBatch | undefined

  constructor(
    readonly lane: Lane,
    /** Counts the batches of both lanes in the order in which they were begun. */
    readonly order: number,
    batch: OpenBatch,
  ) {
    this.batch = batch
  }

  get messages(): number {
    return this.batch?.messages ?? 0
  }

  withdraw(index: number): boolean {
    return !this.sent && this.batch?.withdraw(index) === true
  }

  seal(): SealedBatch {
    if (this.batch instanceof OpenBatch) this.batch = this.batch.seal()
    if (this.batch === undefined) throw new TypeError('a batch that was taken is sent again')
    return this.batch
  }
}

/** What is posted to one lane and has not been sent: whole batches, and one that is being filled. */
export class Queue {
  readonly parcels = new Fifo<Outgoing>()
  open: Outgoing | undefined
}

/** Frames and messages of a batch are counted against the reader's limits. */
const ATTACHMENTS_PER_BATCH = 64
const MESSAGES_PER_BATCH = 8192

export function isFull(batch: OpenBatch, batchBytes: number): boolean {
  return (
    batch.bytes >= batchBytes ||
    batch.attachments.length >= ATTACHMENTS_PER_BATCH ||
    batch.messages >= MESSAGES_PER_BATCH
  )
}
