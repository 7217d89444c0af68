import { withCallers } from '../callers.js'
import { describe } from '../errors.js'
import { RemoteStream } from '../stream/remote-stream.js'

/** What a reply is given up with. */
export interface Cancellable {
  cancel(reason?: string): void
}

type Settle = (value: unknown) => void

let taken: Settle | undefined

/** One for all replies: a function for each would cost more than the rest of making one. */
function take(resolve: (value: never) => void): void {
  // What answers a request is as its caller says; nothing here can know.
  taken = resolve as Settle
}

/**
 * The answer to a request: a promise that settles exactly once, with the method's result or an error that says what is
 * known. It can be given up with `cancel`. Where the method yields, the reply itself can be iterated.
 */
export class Reply<T = unknown> extends Promise<T> {
  #settle: Settle | undefined
  #giver: Cancellable | undefined

  /** @internal A reply that is settled later, and until then can be given up with `giver`. */
  static make<T>(giver: Cancellable | undefined): Reply<T> {
    const reply = new Reply<T>(take)
    reply.#settle = taken
    taken = undefined // it leads to the answer
    reply.#giver = giver
    return reply
  }

  /** @internal Once, and only one that was made by `make`. */
  static settle(reply: Reply, value: unknown): void {
    reply.#settle?.(value)
    reply.#settle = undefined
  }

  /** @internal */
  static fail(reply: Reply, error: unknown): void {
    Reply.settle(reply, withCallers(error))
  }

  /** @internal From now on it is given up with this, or not at all. */
  static onCancel(reply: Reply, giver: Cancellable | undefined): void {
    reply.#giver = giver
  }

  /**
   * A reply that has failed already: for whoever stands between a caller and a request, and refuses it.
   *
   * @internal
   */
  static failed<T>(error: unknown): Reply<T> {
    return new Reply<T>((_, reject) => reject(error))
  }

  /**
   * Gives the request up: the reply rejects with ERR_CANCELLED, and the method's signal is aborted where it runs. What
   * has not been sent yet never runs. Does nothing once the reply has settled.
   */
  cancel(reason?: string): void {
    this.#giver?.cancel(reason)
  }

  /**
   * Iterates the stream that the method returns. Leaving the loop before the answer has come gives the request up.
   *
   * `next` rejects as the reply does, and with a TypeError if the method returns no stream.
   */
  [Symbol.asyncIterator](): AsyncIterator<ItemOf<T>, unknown, undefined> {
    return new ReplyIterator<ItemOf<T>>(this)
  }
}

/** What a stream is a stream of. */
export type ItemOf<T> = T extends AsyncIterable<infer Item> ? Item : never

class ReplyIterator<Item> implements AsyncIterator<Item, unknown, undefined> {
  readonly #reply: Reply
  #stream: RemoteStream | undefined

  constructor(reply: Reply) {
    this.#reply = reply
  }

  next(): Promise<IteratorResult<Item, unknown>> {
    // What the items are is the caller's word, as with any remote call.
    const stream = this.#stream as RemoteStream<Item> | undefined
    return stream?.next() ?? this.#begin()
  }

  async return(): Promise<IteratorResult<Item, unknown>> {
    if (this.#stream !== undefined) await this.#stream.return()
    else {
      this.#reply.cancel('the loop was left')
      // If the answer was here already, the request can't be given up: the stream can.
      this.#reply.then(returnStream, () => {})
    }
    return { done: true, value: undefined }
  }

  async #begin(): Promise<IteratorResult<Item, unknown>> {
    const value = await this.#reply
    if (!(value instanceof RemoteStream)) {
      throw new TypeError(`the method returned ${describe(value)}, and no stream: await the reply instead`)
    }
    this.#stream = value[Symbol.asyncIterator]()
    return value.next()
  }
}

// To `await` and `then` a reply is a promise like any other: it is awaited itself, without two turns of the queue for a
// foreign thenable, and what is chained to it is no request of its own.
Object.defineProperty(Reply.prototype, 'constructor', { value: Promise, writable: true, configurable: true })

function returnStream(value: unknown): void {
  if (value instanceof RemoteStream) void value.return()
}
