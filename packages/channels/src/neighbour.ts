import { type CommsManager, type Reply, type RequestOptions, SkeinError } from '@skein/core'
import type { Package } from './package.js'
import { PolicyQueue, type QueueParams } from './policy-queue.js'

/** The service by whose methods contexts speak to each other. */
export const SERVICE = 'channels'

/** What a neighbour is spoken to by. */
export type Lane = Pick<CommsManager, 'send' | 'sendRecv'>

/** A context that this one is directly connected to, and what waits to be sent to it. */
export class Neighbour {
  /** The id of the context. */
  readonly id: string
  readonly uid: string
  readonly #comms: Lane
  /** Without a bound, unless the link takes no more: what is sent in one turn is no backlog. */
  readonly #queue: PolicyQueue<Package>
  #draining: Promise<void> | undefined

  constructor(id: string, uid: string, comms: Lane, queue: QueueParams) {
    this.id = id
    this.uid = uid
    this.#comms = comms
    this.#queue = new PolicyQueue(queue, false)
  }

  /** Sends a package behind those before it. While the link is full it waits here, in a queue with bound and policy. */
  send(sent: Package): void {
    this.#queue.push(sent)
    this.#draining ??= this.#drain()
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
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
        await this.#post(next)
    } catch {
      // It is lost, and so is what waited for it.
      while (this.#queue.shift() !== undefined);
    }
    this.#draining = undefined
  }

  async #post({ key, source, seq, hops, parts }: Package): Promise<void> {
    const call = { service: SERVICE, method: 'package', args: [key, source, seq, hops, parts] }
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
