import type { CommsManager, PeerChange } from '@skein/core'
import { isGone } from '@skein/core/internal'
import { EventEmitter } from 'eventemitter3'
import { Neighbour } from './neighbour.js'
import type { Router } from './router.js'

/**
 * `waiting` for somebody to connect, or for an answer; `hosting` those who connect here; `connected` to a host.
 */
export type ConnectionState = 'waiting' | 'hosting' | 'connected' | 'closing' | 'closed'

/** Why a connection is over, or a context is not on the other end of it any more. */
export type CloseReason =
  /** It was closed at this end. */
  | 'closed'
  /** The other end has closed it. */
  | 'closed by peer'
  /** The other end's process has ended without a farewell. */
  | 'peer died'
  /** The other end could not be reached for longer than is borne. */
  | 'peer lost'
  /** The other end has sent what can't be read. */
  | 'protocol'
  /** Nobody has answered, or not as they should. */
  | 'not connected'

export interface ConnectionEvents {
  /** A context has connected. */
  joined: (connection: Connection, context: string) => void
  /** A context is not there any more. A host goes on and waits for others. */
  parted: (connection: Connection, context: string, reason: CloseReason) => void
  /** It is over. */
  closed: (connection: Connection, reason: CloseReason) => void
  /** Nothing is heard of the other side, or is heard again. Does not close the connection. */
  timedout: (connection: Connection, isTimedOut: boolean) => void
}

export interface ConnectionParts {
  readonly name: string
  /** What was given. */
  readonly address: string
  readonly isHost: boolean
  readonly router: Router
  /** It is over, and not to be listed any more. */
  readonly over: (connection: Connection) => void
}

/** The uid of a connection's CommsManager bears the id of its context. */
const UID = /^context:([\da-f]{16}):\d+$/

export function uidOf(context: string, number: number): string {
  return `context:${context}:${number}`
}

/** @returns undefined if it is not that of a context */
export function contextOf(uid: string): string | undefined {
  return UID.exec(uid)?.[1]
}

/**
 * A way by which other contexts are directly connected to this one: a host, to which any number connects, or the
 * connection to one host. Made by `ChannelContext.bind` and `connect`.
 */
export class Connection extends EventEmitter<ConnectionEvents> {
  readonly name: string
  readonly address: string
  readonly #parts: ConnectionParts
  readonly #neighbours = new Map<string, Neighbour>()
  readonly #timedOut = new Set<string>()
  #comms: CommsManager | undefined
  #end: { readonly kind: 'closing' | 'closed'; readonly reason: CloseReason } | undefined
  #closed: Promise<void> | undefined

  /** @internal */
  constructor(parts: ConnectionParts) {
    super()
    this.name = parts.name
    this.address = parts.address
    this.#parts = parts
  }

  get state(): ConnectionState {
    if (this.#end !== undefined) return this.#end.kind
    if (this.#neighbours.size === 0) return 'waiting'
    return this.#parts.isHost ? 'hosting' : 'connected'
  }

  /** Why it is over, once it is. */
  get reason(): CloseReason | undefined {
    return this.#end?.reason
  }

  /** Whether somebody is on the other end. */
  get isActive(): boolean {
    return this.#end === undefined && this.#neighbours.size > 0
  }

  /** The tcp port that a host has got; undefined of others. */
  get port(): number | undefined {
    return this.#parts.isHost ? this.#comms?.port : undefined
  }

  /** Where a host can be connected to, as an endpoint; undefined of others. */
  get endpoint(): string | undefined {
    return this.#parts.isHost ? this.#comms?.address : undefined
  }

  /** The ids of the contexts on the other end. */
  get contexts(): string[] {
    return [...this.#neighbours.values()].map(({ id }) => id)
  }

  /** Whether nothing is heard of somebody on the other end. */
  get isTimedOut(): boolean {
    return this.#timedOut.size > 0
  }

  /**
   * Ends the connection: what was sent leaves, and the other end is told. May be called twice; emits `closed` the first
   * time.
   */
  close(): Promise<void> {
    return this.#finish('closed')
  }

  /** @internal The links under it. */
  attach(comms: CommsManager): void {
    this.#comms = comms
    comms.on('peer', (change) => this.#changed(change))
  }

  /** @internal Whoever speaks over a link, once it is known. */
  neighbour(uid: string): Neighbour | undefined {
    return this.#neighbours.get(uid)
  }

  /** @internal */
  finish(reason: CloseReason): Promise<void> {
    return this.#finish(reason)
  }

  #changed(change: PeerChange): void {
    const { uid, is } = change
    if (this.#end !== undefined) return
    if (isGone(change)) return this.#parted(uid, reasonOf(change))
    if (is === 'alive') this.#joined(uid)
    if (this.#neighbours.has(uid)) this.#timed(uid, is !== 'alive')
  }

  #joined(uid: string): void {
    const id = contextOf(uid)
    const { router } = this.#parts
    if (id === undefined || id === router.id || this.#comms === undefined || this.#neighbours.has(uid)) return
    const neighbour = new Neighbour(id, uid, this.#comms, router.neighbourParts)
    this.#neighbours.set(uid, neighbour)
    router.joined(neighbour)
    this.#report(() => this.emit('joined', this, id))
  }

  #parted(uid: string, reason: CloseReason): void {
    const neighbour = this.#neighbours.get(uid)
    if (neighbour === undefined) return
    this.#timedOut.delete(uid) // of which nobody is told: nothing was heard again
    this.#neighbours.delete(uid)
    this.#parts.router.left(neighbour)
    this.#report(() => this.emit('parted', this, neighbour.id, reason))
    if (!this.#parts.isHost) void this.#finish(reason)
  }

  #timed(uid: string, isTimedOut: boolean): void {
    if (this.#timedOut.has(uid) === isTimedOut) return
    if (isTimedOut) this.#timedOut.add(uid)
    else this.#timedOut.delete(uid)
    this.#report(() => this.emit('timedout', this, isTimedOut))
  }

  /** A listener that throws must not stop what it listens to. */
  #report(emit: () => void): void {
    try {
      emit()
    } catch (error) {
      this.#parts.router.settings.logger.error({ connection: this.address, error }, 'a listener has thrown')
    }
  }

  #finish(reason: CloseReason): Promise<void> {
    this.#closed ??= this.#close(reason)
    return this.#closed
  }

  async #close(reason: CloseReason): Promise<void> {
    this.#end = { kind: 'closing', reason }
    const neighbours = [...this.#neighbours.values()]
    this.#neighbours.clear()
    this.#timedOut.clear()
    for (const neighbour of neighbours) {
      this.#parts.router.left(neighbour)
      neighbour.handOver()
    }
    await this.#comms?.stop()
    this.#end = { kind: 'closed', reason }
    this.#parts.over(this)
    for (const { id } of neighbours) this.#report(() => this.emit('parted', this, id, reason))
    this.#report(() => this.emit('closed', this, reason))
  }
}

function reasonOf({ is, reason }: PeerChange): CloseReason {
  if (is === 'left') return 'closed by peer'
  switch (reason) {
    case 'crashed':
    case 'exited':
      return 'peer died'
    case 'protocol':
      return 'protocol'
    case 'no-answer':
    case 'refused':
      return 'not connected'
    default:
      return 'peer lost'
  }
}
