import { Fifo } from '../fifo.js'

// How much of a stream may be on its way. `docs/protocol.md`, Streams.

/** Items that were sent and not credited. */
export const WINDOW_ITEMS = 1024

/** Bytes of such items; the message that passes this mark is the last. */
export const WINDOW_BYTES = 1024 ** 2

/**
 * A message has no more items: enough to make the cost of a message small beside that of its items, and no more, since a
 * turn has as many. When this was measured, a stream had a quarter more items a second with 128 than with 64, and calls
 * beside it took as long; with 256 it had half as many more than with 64, and the calls took twice as long.
 */
export const MESSAGE_ITEMS = 128

/** Nor much more bytes, unless one item has them: other messages shall not wait long behind it. */
export const MESSAGE_BYTES = 64 * 1024

/** Of a message over the one before, in items: the first ones do not wait for many others. */
const GROWTH = 4

interface Sent {
  items: number
  readonly bytes: number
}

/** What a producer may send: counts what is not credited. */
export class Window {
  readonly #sent = new Fifo<Sent>()
  #items = 0
  #bytes = 0
  #limit = 1

  /** How many items the next message may have. */
  get limit(): number {
    return this.#limit
  }

  /** Whether there may be one item more, beside those that are gathered already. */
  allows(gathered: number, bytes: number): boolean {
    return this.#items + gathered < WINDOW_ITEMS && this.#bytes + bytes < WINDOW_BYTES
  }

  /** A message has left. */
  sent(items: number, bytes: number): void {
    this.#sent.push({ items, bytes })
    this.#items += items
    this.#bytes += bytes
    this.#limit = Math.min(MESSAGE_ITEMS, GROWTH * this.#limit)
  }

  /** Items were consumed. False if so many were never sent. */
  credit(items: number): boolean {
    if (items > this.#items) return false
    this.#items -= items
    for (let left = items; left > 0; ) {
      const first = this.#sent.at(0)
      if (first === undefined) return false
      if (first.items > left) {
        first.items -= left
        break
      }
      left -= first.items
      this.#bytes -= first.bytes
      this.#sent.shift()
    }
    return true
  }
}
