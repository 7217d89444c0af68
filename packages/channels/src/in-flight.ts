/** After so many messages, or bytes, it is asked whether what was sent before has arrived. */
const MESSAGES = 1024
const BYTES = 2 ** 20

/** So many of these questions may be open: what is sent beyond that would only wait in the link. */
const MOST_OPEN = 4

/**
 * How much is on its way to a neighbour. The link itself takes far more, for whoever must lose nothing; but what waits
 * there is beyond the reach of the policy of a queue.
 */
export class InFlight {
  readonly #ask: () => Promise<unknown>
  #messages = 0
  #bytes = 0
  #open = 0
  #waiting: (() => void)[] = []

  /** @param ask resolves when all that was sent before has arrived, and rejects when it won't */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask
  }

  get isFull(): boolean {
    return this.#open >= MOST_OPEN
  }

  sent(messages: number, bytes: number): void {
    this.#messages += messages
    this.#bytes += bytes
    if (this.#messages < MESSAGES && this.#bytes < BYTES) return
    this.#messages = 0
    this.#bytes = 0
    this.#open += 1
    const answered = (): void => this.#answered()
    this.#ask().then(answered, answered)
  }

  /** Resolves when it is not full. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #answered(): void {
    this.#open -= 1
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
