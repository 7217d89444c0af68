import { SkeinError } from '../errors.js'
import type { Consumer, StreamBounds } from './consumer.js'

/**
 * A stream that is produced in another runtime. Nothing of it runs there until its first item is asked for; from then on
 * it runs ahead of its reader by as much as the window allows, and no further.
 *
 * It can be iterated once. Leaving the loop closes it there, and so does letting go of it. If it fails, the items that
 * were sent before arrive first; if its runtime is lost, a RuntimeDisconnectedError comes after those that have arrived.
 */
export class RemoteStream<T = unknown, R = unknown>
  implements AsyncIterableIterator<T, R | undefined, undefined>, AsyncDisposable
{
  readonly #consumer: Consumer
  #isIterated = false
  #isAsked = false

  /** @internal */
  constructor(consumer: Consumer) {
    this.#consumer = consumer
  }

  /** Whether somebody reads it, or has begun to. */
  get isRead(): boolean {
    return this.#isIterated || this.#isAsked
  }

  /** The uid of the runtime that produces it. */
  get from(): string {
    return this.#consumer.peer
  }

  /** Items come in the order in which they are asked for, also where several are asked for at once. */
  next(): Promise<IteratorResult<T, R | undefined>> {
    this.#isAsked = true
    // The type of what arrives is the caller's word, as with any remote call.
    return this.#consumer.next(this) as Promise<IteratorResult<T, R | undefined>>
  }

  /** No more of it is wanted: it is closed where it is produced, and whoever waits for an item is told that it is done. */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R | undefined>> {
    this.#consumer.return()
    return { done: true, value: await value }
  }

  /**
   * Gives the stream up: what is asked for next, or was before, fails with ERR_CANCELLED, and it is closed where it is
   * produced. Does nothing once it is over.
   */
  cancel(reason?: string): void {
    this.#consumer.cancel(reason)
  }

  /** Bounds the time that items may take, and lets a signal give the stream up. Replaces what was set before. */
  bound(bounds: StreamBounds): this {
    this.#consumer.bound(bounds)
    return this
  }

  /** @internal What may be held for long: whoever holds the stream itself keeps it from being closed when it is let go. */
  get consumer(): Consumer {
    return this.#consumer
  }

  /** @throws ERR_STREAM_USED for the second time */
  [Symbol.asyncIterator](): this {
    if (this.#isIterated) {
      const text = `the stream from ${this.from} is read already, or was: it can be read once`
      throw new SkeinError('ERR_STREAM_USED', text, { uid: this.from })
    }
    this.#isIterated = true
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#consumer.return()
  }
}
