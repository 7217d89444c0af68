import { Fifo } from '../fifo.js'

// How much of a stream may be on its way. `docs/protocol.md`, Streams.

/** Items that were sent and not credited. */
export const WINDOW_ITEMS = 1024

/** Bytes of such items; the message that passes this mark is the last. */
export const WINDOW_BYTES = 1024 ** 2

/** A message has no more items: enough to make the cost of a message small beside that of its items. */
export const MESSAGE_ITEMS = 64

/** Nor more bytes, as far as they can be foreseen: other messages shall not wait long behind it. */
export const MESSAGE_BYTES = 64 * 1024

/** A message has at most so many times the items of the one before: items may turn out larger than those. */
const GROWTH = 4

interface Sent {
  items: number
  readonly bytes: number
}

/** What a producer may send: counts what is not credited, and learns how large items are. */
export class Window {
  readonly #sent = new Fifo<Sent>()
  #items = 0
  #bytes = 0
  #limit = 1

  /** How many items the next message should have. */
  get limit(): number {
    return this.#limit
  }

  /** Whether there may be one item more, beside those that are gathered already. */
  allows(gathered: number, weight: number): boolean {
    return this.#items + gathered < WINDOW_ITEMS && this.#bytes + weight < WINDOW_BYTES
  }

  /** A message has left. */
  sent(items: number, bytes: number): void {
    this.#sent.push({ items, bytes })
    this.#items += items
    this.#bytes += bytes
    const fitting = Math.floor((MESSAGE_BYTES * items) / Math.max(bytes, 1))
    this.#limit = Math.max(1, Math.min(MESSAGE_ITEMS, GROWTH * items, fitting))
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

/** The bytes of an item that can be told at once, so that a few large ones do not gather. */
export function weigh(item: unknown): number {
  if (typeof item === 'string') return item.length
  return ArrayBuffer.isView(item) || item instanceof ArrayBuffer ? item.byteLength : 0
}
