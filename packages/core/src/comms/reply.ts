import { withCallers } from './callers.js'

/**
 * The answer to a request: a promise that settles exactly once, with the method's result or an error that says what is
 * known. It can be given up with `cancel`. Where the method yields, the reply itself can be iterated.
 */
export class Reply<T = unknown> extends Promise<T> {
  #cancel: ((reason?: string) => void) | undefined

  /** @internal */
  static make<T>(): Settling<T> {
    let settle: (value: T | PromiseLike<T>) => void = () => {}
    const reply = new Reply<T>((resolve) => {
      settle = resolve
    })
    return { reply, resolve: settle, reject: (error) => settle(withCallers(error)) }
  }

  /**
   * A reply that has failed already: for whoever stands between a caller and a request, and refuses it.
   *
   * @internal
   */
  static failed<T>(error: unknown): Reply<T> {
    return new Reply<T>((_, reject) => reject(error))
  }

  /** @internal */
  onCancel(cancel: (reason?: string) => void): void {
    this.#cancel = cancel
  }

  /**
   * Gives the request up: the reply rejects with ERR_CANCELLED, and the method's signal is aborted where it runs. What
   * has not been sent yet never runs. Does nothing once the reply has settled.
   */
  cancel(reason?: string): void {
    this.#cancel?.(reason)
  }
}

// To `await` and `then` a reply is a promise like any other: it is awaited itself, without two turns of the queue for a
// foreign thenable, and what is chained to it is no request of its own.
Object.defineProperty(Reply.prototype, 'constructor', { value: Promise, writable: true, configurable: true })

/** A reply and the two ways to settle it. */
export interface Settling<T> {
  readonly reply: Reply<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}
