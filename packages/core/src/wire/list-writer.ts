import { EncodedList } from './encoded-list.js'
import type { Limits } from './limits.js'
import { PlainWriter } from './plain-writer.js'

/** Of what is around the items: the message, and the head of the list. */
const AROUND_BYTES = 64
const AROUND_NODES = 16

/** Of an item that is a container: it is in a list, which is in a message. */
const DEPTH = 3

/** Room for a few small items: most lists are short, and there may be many writers. */
const INITIAL_BYTES = 128

/**
 * Encodes the items of a list as they come: what their owner does with them afterwards does not matter. Takes what
 * `PlainWriter` can write, and what is within the limits of one message.
 */
export class ListWriter {
  readonly #writer: PlainWriter
  readonly #mostBytes: number
  #length = 0

  /** @param mostBytes of all items */
  constructor({ depth, nodes, frameBytes }: Readonly<Limits>, mostBytes: number) {
    this.#writer = new PlainWriter({ depth, nodes: nodes - 2 * AROUND_NODES, frameBytes }, INITIAL_BYTES)
    // Half of a frame, as any message.
    this.#mostBytes = Math.min(mostBytes, frameBytes / 2 - AROUND_BYTES)
  }

  /** How many items there are. */
  get length(): number {
    return this.#length
  }

  /** Of all items. */
  get bytes(): number {
    return this.#writer.length
  }

  /** Adds an item, or gives false and leaves the list as it was: the item is to be sent in another way. */
  add(item: unknown): boolean {
    if (!this.#writer.add(item, DEPTH, this.#mostBytes)) return false
    this.#length += 1
    return true
  }

  /** The items that are there, valid until the list changes. */
  get list(): EncodedList {
    return new EncodedList(this.#length, this.#writer.nodes, this.#writer.bytes)
  }

  clear(): void {
    this.#length = 0
    this.#writer.clear()
  }
}
