import { type CommsManager, type Reply, type RequestOptions, type ServiceCall, SkeinError } from '@skein/core'
import { atEndOfTurn } from '@skein/core/internal'
import { Backlog } from './backlog.js'
import { InFlight } from './in-flight.js'
import type { Package, Parts } from './package.js'
import { type BatchEncoder, MOST_PACKAGES, takeBatch } from './package-batch.js'
import type { QueueParams } from './policy-queue.js'

/** The service by whose methods contexts speak to each other. */
export const SERVICE = 'skein.channels'

/** What a neighbour is spoken to by. */
export type Lane = Pick<CommsManager, 'hasRoom' | 'send' | 'sendRecv'>

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
  /** Whether it has told of itself since this one is connected to it: what is known from before may hold no more. */
  hasDescribed = false
  readonly #comms: Lane
  readonly #queue: Backlog
  readonly #encoder: BatchEncoder
  readonly #inFlight: InFlight
  /** What waits for a full link to be told, by its topic. */
  readonly #latest = new Map<string, ServiceCall>()
  #isTelling = false
  #scheduled = false
  /** For the link to take the next batch. */
  #waiting: Promise<void> | undefined

  constructor(id: string, uid: string, comms: Lane, parts: NeighbourParts) {
    this.id = id
    this.uid = uid
    this.#comms = comms
    this.#queue = new Backlog(parts.queue)
    this.#encoder = parts.encoder
    this.#inFlight = new InFlight(() => this.#barrier(Number.POSITIVE_INFINITY))
  }

  /** How many packages its queue had no room for. */
  get discarded(): number {
    return this.#queue.discarded
  }

  /**
   * Sends a package behind those before it, and together with what else is sent in this turn. While the link is full it
   * waits here, in a queue with bound and policy.
   *
   * @param isKept whether it must not be discarded
   */
  send(sent: Package, isKept = false): void {
    this.#queue.push(sent, isKept)
    if (this.#waiting !== undefined) return
    if (this.#queue.length >= MOST_PACKAGES) this.#flush()
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(this.#run)
  }

  /**
   * Sends what is no message of a channel and must not be discarded: behind the packages before it, unless they wait for
   * a link that is full. Of a neighbour that is lost, nobody is told here.
   */
  tell(method: string, ...args: readonly unknown[]): void {
    this.#flush()
    this.#comms.send(this.uid, { service: SERVICE, method, args }).catch(() => {})
  }

  /** The same of what holds no more once there is news on the same topic: while the link is full, only the latest waits. */
  tellLatest(topic: string, method: string, ...args: readonly unknown[]): void {
    if (!this.#isTelling && this.#comms.hasRoom(this.uid)) return this.tell(method, ...args)
    this.#latest.set(topic, { service: SERVICE, method, args })
    if (!this.#isTelling) void this.#tellAllLatest()
  }

  /** The same with an answer. */
  ask(method: string, args: readonly unknown[], options: RequestOptions): Reply<unknown> {
    this.#flush()
    return this.#comms.sendRecv(this.uid, { service: SERVICE, method, args }, options)
  }

  /** Resolves when the neighbour has taken all packages, or is lost. */
  async flushed(timeout: number): Promise<void> {
    this.#flush()
    await this.#waiting
    try {
      await this.#barrier(timeout)
    } catch (error) {
      if (error instanceof SkeinError && error.code === 'ERR_TIMEOUT') throw error
    }
  }

  /**
   * Leaves what waits here to the link, whether it has room or not. It is the link that knows how long it bears a
   * neighbour that takes nothing.
   */
  handOver(): void {
    while (this.#queue.length > 0) this.#post().catch(() => this.#lost())
    for (const call of this.#latest.values()) this.#comms.send(this.uid, call).catch(() => {})
    this.#latest.clear()
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.#flush()
  }

  /** One after the other, as the link takes them. */
  async #tellAllLatest(): Promise<void> {
    this.#isTelling = true
    try {
      for (const [topic, call] of this.#latest) {
        this.#latest.delete(topic)
        await this.#comms.send(this.uid, call)
      }
    } catch {
      this.#latest.clear()
    }
    this.#isTelling = false
  }

  #flush(): void {
    while (this.#waiting === undefined && this.#queue.length > 0)
      if (!this.#inFlight.isFull && this.#comms.hasRoom(this.uid)) this.#post().catch(() => this.#lost())
      else this.#waiting = this.#drain()
  }

  /** Sends what there is, batch by batch, as the link takes them. */
  async #drain(): Promise<void> {
    this.#queue.bounded = true
    try {
      while (this.#queue.length > 0) {
        await this.#inFlight.room()
        if (this.#queue.length > 0) await this.#post()
      }
    } catch {
      this.#lost()
    }
    this.#queue.bounded = false
    this.#waiting = undefined
  }

  async #post(): Promise<void> {
    const batch = takeBatch(this.#queue)
    const args = this.#encoder.encode(batch)
    const posted = this.#comms.send(
      this.uid,
      { service: SERVICE, method: 'packages', args },
      { uncopied: true },
    )
    this.#inFlight.sent(batch.length, bytesOf(args))
    await posted
  }

  /** Resolves when the neighbour has taken what was posted. */
  async #barrier(timeout: number): Promise<void> {
    await this.#comms.sendRecv(this.uid, { service: SERVICE, method: 'barrier', args: [] }, { timeout })
  }

  /** So is what waited for it. */
  #lost(): void {
    while (this.#queue.shift() !== undefined);
  }
}

function bytesOf(parts: Parts): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}
