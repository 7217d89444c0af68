import {
  type CommsManager,
  type Incoming,
  type LivenessOptions,
  type Logger,
  type PeerChange,
  SkeinError,
} from '@skein/core'
import type { Clock, Randomness } from '@skein/core/internal'
import { Membership } from './membership.js'
import { Neighbour, SERVICE } from './neighbour.js'
import { ChannelNode } from './node.js'
import { DEFAULT_QUEUE } from './policy-queue.js'
import { isText, readTexts } from './read.js'

/** The runtime that a context stands on. */
export interface MeshParts {
  readonly comms: Pick<CommsManager, 'uid' | 'send' | 'sendRecv' | 'hasRoom' | 'peers'>
  readonly introduces: boolean
  readonly liveness: Partial<LivenessOptions> | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Randomness
}

/** What contexts on a mesh ask of each other, by name. */
export const MESH_METHODS = [
  'hello',
  'members',
  'bye',
  'packages',
  'graph',
  'taken',
  'state',
  'barrier',
  'ask',
] as const

/**
 * The context of a runtime of a mesh. It is connected to those of all other runtimes that have channels: the mesh knows
 * who is there, and nobody binds or connects. Each of two contexts has a link to the other, so that nothing passes through
 * a third.
 */
export class MeshContext extends ChannelNode {
  readonly #parts: MeshParts
  readonly #membership: Membership
  readonly #neighbours = new Map<string, Neighbour>()
  #isOver = false

  /** @internal */
  constructor(parts: MeshParts) {
    const { comms, introduces, liveness, logger, clock, random } = parts
    super({ relays: false, queue: DEFAULT_QUEUE, liveness, logger, clock, random })
    this.#parts = parts
    this.#membership = new Membership({
      uid: comms.uid,
      id: this.id,
      clock,
      introduces,
      linked: () => linked(comms),
      send: (uid, method, ...args) => comms.send(uid, { service: SERVICE, method, args }),
      joined: (uid, context) => this.#joined(uid, context),
      parted: (uid) => this.#parted(uid),
    })
  }

  get connectionCount(): number {
    return this.#neighbours.size
  }

  /** The uids of the runtimes whose contexts this one is connected to. */
  get peers(): string[] {
    return [...this.#neighbours.keys()]
  }

  /** Closes all channels. What they have sent leaves, and the others are told. */
  async close(): Promise<void> {
    this.#handOver()
    this.#membership.sayGoodbye()
    this.#leave()
  }

  /** @internal The runtime is about to take leave, and tells the others of that. */
  stop(): void {
    this.#handOver()
    this.ended()
  }

  /** @internal The runtime has ended. */
  ended(): void {
    this.#isOver = true
    this.#leave()
  }

  /** @internal Another context asks for something. */
  receive(request: Incoming): unknown {
    const { method, args } = request.message
    const [first] = args
    switch (method) {
      case 'hello':
        return isText(first)
          ? this.#membership.hello(request.from, first)
          : this.router.handlers.countMalformed()
      case 'members': {
        const uids = readTexts(first)
        return uids === undefined
          ? this.router.handlers.countMalformed()
          : this.#membership.others(request.from, uids)
      }
      case 'bye':
        return this.#membership.bye(request.from)
      default:
        return this.#dispatch(request)
    }
  }

  /** @internal */
  changed(change: PeerChange): void {
    this.#membership.changed(change)
  }

  protected override began(): void {
    const { uid } = this.#parts.comms
    if (this.#isOver)
      throw new SkeinError('ERR_CLOSED', `${uid} was stopped, and has no channels any more`, { uid })
    this.#membership.begin()
  }

  #handOver(): void {
    for (const neighbour of this.#neighbours.values()) neighbour.handOver()
  }

  #leave(): void {
    // First: nobody is told of every channel that is closed.
    this.#membership.end()
    this.closeChannels()
    this.router.rest()
  }

  #dispatch(request: Incoming): unknown {
    const neighbour = this.#neighbours.get(request.from)
    if (neighbour !== undefined) return this.router.handlers.dispatch(neighbour, request)
    if (request.message.id === 0) return undefined
    const { uid } = this.#parts.comms
    throw request.refuse(
      new SkeinError('ERR_CLOSED', `${uid} has no channels any more`, { uid, executed: 'no' }),
    )
  }

  #joined(uid: string, context: string): void {
    const neighbour = new Neighbour(context, uid, this.#parts.comms, this.router.neighbourParts)
    this.#neighbours.set(uid, neighbour)
    this.router.joined(neighbour)
  }

  #parted(uid: string): void {
    const neighbour = this.#neighbours.get(uid)
    if (neighbour === undefined) return
    this.#neighbours.delete(uid)
    this.router.left(neighbour)
  }
}

function linked(comms: Pick<CommsManager, 'peers'>): string[] {
  return comms
    .peers()
    .filter(({ state }) => state !== 'known' && state !== 'dead' && state !== 'left')
    .map(({ uid }) => uid)
}
