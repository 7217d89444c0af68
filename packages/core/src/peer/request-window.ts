import { Fifo } from '../fifo.js'
import type { FlowOptions } from '../options.js'

/** A batch of requests. */
interface Requests {
  /** Its number, once it is sent. */
  readonly seq: number
  readonly bytes: number
  readonly messages: number
}

/** How far requests may run ahead of the peer: what was sent to it, and what of that it has not started. */
export class RequestWindow {
  readonly #flow: FlowOptions
  readonly #waiting = new Fifo<Requests>()
  #bytes = 0
  #messages = 0

  constructor(flow: FlowOptions) {
    this.#flow = flow
  }

  /** Whether another batch may be sent. One may always be under way. */
  allows({ bytes, messages }: Requests): boolean {
    if (this.#messages === 0) return true
    const { windowBytes, windowMessages } = this.#flow
    return this.#bytes + bytes <= windowBytes && this.#messages + messages <= windowMessages
  }

  sent({ seq, bytes, messages }: Requests): void {
    this.#waiting.push({ seq, bytes, messages })
    this.#bytes += bytes
    this.#messages += messages
  }

  /** The peer has started all requests up to batch `seq`. Whether that makes room. */
  admit(seq: number): boolean {
    const before = this.#waiting.length
    for (
      let first = this.#waiting.at(0);
      first !== undefined && first.seq <= seq;
      first = this.#waiting.at(0)
    ) {
      this.#waiting.shift()
      this.#bytes -= first.bytes
      this.#messages -= first.messages
    }
    return this.#waiting.length < before
  }
}
