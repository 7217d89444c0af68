import type { Clock, Timer } from '../clock.js'
import type { FlowOptions } from '../options.js'
import type { Frames } from '../transport/transport.js'

/**
 * Decides when to acknowledge: with the next batch that leaves anyway; without one, soon; at once, when the peer's
 * window must be filling.
 */
export class Acknowledger {
  readonly #clock: Clock
  readonly #flow: FlowOptions
  readonly #now: () => void
  #bytes = 0
  /** Left running when a batch leaves: it may fire in vain, or acknowledge a batch sooner than it would have to. */
  #timer: Timer | undefined
  #isWaiting = false
  #due = false
  #closed = false

  /** @param now an acknowledgement is to leave, with or without a message */
  constructor(clock: Clock, flow: FlowOptions, now: () => void) {
    this.#clock = clock
    this.#flow = flow
    this.#now = now
  }

  /** Whether an acknowledgement is to leave even alone. */
  get isDue(): boolean {
    return this.#due
  }

  /** A batch was taken: `settle` follows when what it has brought about has left. */
  took(frames: Frames): void {
    for (const frame of frames) this.#bytes += frame.byteLength
    // The peer's window is unknown here; an eighth of our own keeps up with any that isn't far smaller.
    if (this.#bytes >= this.#flow.windowBytes / 8) this.force()
    else this.#isWaiting = true
  }

  /**
   * What was posted in this turn has left. An acknowledgement that is still owed waits for a batch to travel with, `ackDelay`
   * at most.
   */
  settle(): void {
    if (this.#isWaiting) this.soon()
  }

  soon(): void {
    if (this.#closed) return
    this.#isWaiting = true
    this.#timer ??= this.#clock.after(this.#flow.ackDelay, this.#elapsed)
  }

  force(): void {
    this.#due = true
    this.#now()
  }

  /** A batch leaves, and with it the number of the last one taken. */
  left(): void {
    this.#due = false
    this.#isWaiting = false
    this.#bytes = 0
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  readonly #elapsed = (): void => {
    this.#timer = undefined
    if (this.#isWaiting) this.force()
  }
}
