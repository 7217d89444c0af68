import { SkeinError } from '@skein/core'
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
  #gone: Promise<void> | undefined
  /** Settles it. */
  #end = (_?: SkeinError): void => {}

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
    if (this.#queue.length === 0) this.#ended()
    return taken
  }

  /** What is left here is sent to nobody. */
  drop(): void {
    while (this.#queue.shift() !== undefined);
    this.#ended(new SkeinError('ERR_CLOSED', 'the context was closed before anybody could be sent this'))
  }

  /** Resolves when nothing is left here: one promise, however often that is asked. @throws ERR_CLOSED */
  gone(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    this.#gone ??= new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error))
    })
    return this.#gone
  }

  #ended(error?: SkeinError): void {
    this.#end(error)
    this.#gone = undefined
  }
}
