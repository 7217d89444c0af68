import { SkeinError } from '@skein/core'
import { type Clock, invalidOption, type Timer } from '@skein/core/internal'
import { type Inlet, RANKS } from './inlet.js'

interface Poller {
  resolve(): void
  reject(error: unknown): void
}

/** Lets messages be handled as they come, or by hand. */
export class Dispatch {
  readonly #clock: Clock
  readonly #timeout: number
  readonly #byHand: boolean
  readonly #inlets = new Set<Inlet>()
  readonly #pollers = new Set<Poller>()
  /** What rejects the polls that wait for a handler. */
  readonly #handling = new Set<(error: unknown) => void>()
  #closed = false

  /** @param timeout milliseconds that `poll` waits */
  constructor(clock: Clock, timeout: number, byHand: boolean) {
    this.#clock = clock
    this.#timeout = timeout
    this.#byHand = byHand
  }

  /** How many have a message that waits for `poll`. */
  get ready(): number {
    return [...this.#inlets].filter(({ isReady }) => isReady).length
  }

  add(inlet: Inlet): void {
    this.#inlets.add(inlet)
    if (this.#byHand) inlet.hold(() => this.#wake())
    else inlet.run()
  }

  delete(inlet: Inlet): void {
    inlet.close()
    this.#inlets.delete(inlet)
  }

  /** Handles one message of each socket that has one; the next handler is called when the one before has finished. */
  async poll(): Promise<number> {
    this.#check()
    await turn() // what has arrived meanwhile is seen in it
    this.#check()
    if (!this.#inOrder().some(({ isReady }) => isReady)) await this.#wait()
    let handled = 0
    for (const inlet of this.#inOrder()) {
      const frames = inlet.take()
      if (frames === undefined) continue
      handled += 1
      await this.#untilClosed(inlet.handle(frames))
    }
    return handled
  }

  /** Whoever polls is told. */
  close(): void {
    this.#closed = true
    for (const inlet of this.#inlets) inlet.close()
    this.#inlets.clear()
    for (const poller of this.#pollers) poller.reject(closed())
    for (const reject of this.#handling) reject(closed())
  }

  #inOrder(): Inlet[] {
    return RANKS.flatMap((rank) => [...this.#inlets].filter((inlet) => inlet.rank === rank))
  }

  #wake(): void {
    for (const poller of this.#pollers) poller.resolve()
  }

  /** Until a message has come, or there has been time enough for it. */
  async #wait(): Promise<void> {
    let timer: Timer | undefined
    let poller: Poller | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        poller = { resolve, reject }
        this.#pollers.add(poller)
        timer = this.#clock.after(this.#timeout, resolve)
      })
    } finally {
      timer?.cancel()
      if (poller !== undefined) this.#pollers.delete(poller)
    }
  }

  /** A handler may never come to an end. */
  #untilClosed(handled: void | Promise<void>): void | Promise<void> {
    if (handled === undefined) return
    return new Promise((resolve, reject) => {
      this.#handling.add(reject)
      void handled.then(() => {
        this.#handling.delete(reject)
        resolve()
      })
    })
  }

  #check(): void {
    if (this.#closed) throw closed()
    if (!this.#byHand)
      throw invalidOption(
        'dispatch',
        'auto',
        "'manual' for a Context that is polled; this one needs no polling",
      )
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function closed(): SkeinError {
  return new SkeinError('ERR_CLOSED', 'the Context is closed')
}
