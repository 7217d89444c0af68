import { type CommsManager, type Reply, type RequestOptions, SkeinError } from '@skein/core'
import { endOfTurn } from '@skein/core/internal'
import type { Package, Parts } from './package.js'
import { type BatchEncoder, takeBatch } from './package-batch.js'
import { PolicyQueue, type QueueParams } from './policy-queue.js'

/** The service by whose methods contexts speak to each other. */
export const SERVICE = 'channels'

/** What a neighbour is spoken to by. */
export type Lane = Pick<CommsManager, 'send' | 'sendRecv'>

export interface NeighbourParts {
  readonly queue: QueueParams
  /** One for all neighbours. */
  readonly encoder: BatchEncoder
}

/** A context that this one is directly connected to, and what waits to be sent to it. */
export class Neighbour {
  /** The id of the context. */
  readonly id: string
  readonly uid: string
  readonly #comms: Lane
  /** Without a bound, unless the link takes no more: what is sent in one turn is no backlog. */
  readonly #queue: PolicyQueue<Package>
  readonly #encoder: BatchEncoder
  #draining: Promise<void> | undefined

  constructor(id: string, uid: string, comms: Lane, parts: NeighbourParts) {
    this.id = id
    this.uid = uid
    this.#comms = comms
    this.#queue = new PolicyQueue(parts.queue, false)
    this.#encoder = parts.encoder
  }

  /**
   * Sends a package behind those before it, and together with what else is sent in this turn. While the link is full it
   * waits here, in a queue with bound and policy.
   */
  send(sent: Package): void {
    this.#queue.push(sent)
    this.#draining ??= endOfTurn().then(() => this.#drain())
  }

  /** Sends what is no message of a channel and must not be discarded. Of a neighbour that is lost, nobody is told here. */
  tell(method: string, ...args: readonly unknown[]): void {
    this.#comms.send(this.uid, { service: SERVICE, method, args }).catch(() => {})
  }

  ask(method: string, args: readonly unknown[], options: RequestOptions): Reply<unknown> {
    return this.#comms.sendRecv(this.uid, { service: SERVICE, method, args }, options)
  }

  /** Resolves when the neighbour has taken all packages, or is lost. */
  async flushed(timeout: number): Promise<void> {
    await this.#draining
    try {
      await this.ask('barrier', [], { timeout })
    } catch (error) {
      if (error instanceof SkeinError && error.code === 'ERR_TIMEOUT') throw error
    }
  }

  /** Resolves when the link has taken what waits here. Does not wait for a link that is full. */
  async handedOver(): Promise<void> {
    if (!this.#queue.bounded) await this.#draining
  }

  async #drain(): Promise<void> {
    try {
      for (let batch = takeBatch(this.#queue); batch.length > 0; batch = takeBatch(this.#queue))
        await this.#post(this.#encoder.encode(batch))
    } catch {
      // It is lost, and so is what waited for it.
      while (this.#queue.shift() !== undefined);
    }
    this.#draining = undefined
  }

  async #post(parts: Parts): Promise<void> {
    const call = { service: SERVICE, method: 'packages', args: parts }
    try {
      await this.#comms.send(this.uid, call, { overflow: 'fail' })
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code !== 'ERR_OVERLOADED') throw error
      this.#queue.bounded = true
      await this.#comms.send(this.uid, call)
      this.#queue.bounded = false
    }
  }
}
