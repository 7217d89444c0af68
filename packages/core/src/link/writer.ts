import type { Frames, Outbound } from '../transport/transport.js'

/** What of a connection is written to. */
export type Sending = Pick<Outbound, 'send' | 'close'>

/**
 * The one place that sends on a connection. A socket takes one message at a time; while it is busy, what is posted
 * gathers, and leaves together as soon as it is free.
 */
export class Writer {
  readonly #outbound: Sending
  readonly #next: () => Frames | undefined
  readonly #failed: (error: unknown) => void
  #busy = false
  #closed = false

  /**
   * @param next what to send now, or undefined if there is nothing; asked again after each message has left.
   * @param failed the socket refused a message; not called after `close`.
   */
  constructor(outbound: Sending, next: () => Frames | undefined, failed: (error: unknown) => void) {
    this.#outbound = outbound
    this.#next = next
    this.#failed = failed
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#busy || this.#closed) return
    const frames = this.#next()
    if (frames === undefined) return
    this.#busy = true
    this.#outbound.send(frames).then(this.#left, this.#refused)
  }

  close(): void {
    this.#closed = true
    this.#outbound.close()
  }

  readonly #left = (): void => {
    this.#busy = false
    this.wake()
  }

  readonly #refused = (error: unknown): void => {
    this.#busy = false
    if (!this.#closed) this.#failed(error)
  }
}
