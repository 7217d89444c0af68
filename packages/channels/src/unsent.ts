import type { Parts } from './package.js'
import { PolicyQueue, type QueueParams } from './policy-queue.js'

/** A message that nobody could be sent yet. */
export interface UnsentMessage {
  readonly key: string
  readonly parts: Parts
}

/** What was sent before there was anybody to send it to. */
export class Unsent {
  readonly #queue: PolicyQueue<UnsentMessage>
  #waiting: (() => void)[] = []

  constructor(queue: QueueParams) {
    this.#queue = new PolicyQueue(queue)
  }

  /** How many it had no room for. */
  get discarded(): number {
    return this.#queue.discarded
  }

  push(message: UnsentMessage): void {
    this.#queue.push(message)
  }

  /** Those that can be sent now, in their order. */
  take(canBeSent: (key: string) => boolean): UnsentMessage[] {
    if (this.#queue.length === 0) return []
    const taken = this.#queue.extract(({ key }) => canBeSent(key))
    if (this.#queue.length === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    return taken
  }

  /** Resolves when nothing is left here. */
  async gone(): Promise<void> {
    if (this.#queue.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
