import { EventEmitter } from 'eventemitter3'
import {
  callMessage,
  cmdMessage,
  nameOf,
  type ObjectCall,
  type RequestOptions,
  type SendOptions,
  type ServiceCall,
} from './comms/calls.js'
import type { Incoming } from './comms/incoming.js'
import { Lifetime, type StopOptions } from './comms/lifetime.js'
import type { PeerChange } from './comms/peer-change.js'
import { Peers } from './comms/peers.js'
import type { Reply } from './comms/reply.js'
import { mainEndpoint, type PeerReport, tcpPort } from './comms/report.js'
import type { Dispatch } from './comms/serving.js'
import { Traffic } from './comms/traffic.js'
import { SkeinError } from './errors.js'
import { herePlace, type Place } from './host.js'
import type { DropReason } from './link/drops.js'
import { Links } from './link/links.js'
import { type Safeguards, safeguards } from './link/safeguards.js'
import type { Logger } from './logger.js'
import type { CommsOptions } from './options.js'
import { randomId } from './random.js'
import { type CommsSettings, settle } from './settings.js'
import { schemeOf, type Transport } from './transport/transport.js'
import { ZmqTransport } from './transport/zmq/zmq-transport.js'
import type { Codec, RemoteReferences } from './wire/codec.js'
import { defaultLimits, type Limits } from './wire/limits.js'
import { type DirectoryEntry, Kind } from './wire/message.js'
import { MsgpackCodec } from './wire/msgpack-codec.js'

export interface CommsEvents {
  /** A peer's state has changed. Comes in the order of the changes. */
  peer: (change: PeerChange) => void
  /** A peer asks this runtime to end. Without a listener it does. */
  stop: (from: string) => void
  /** Everything is closed. */
  close: () => void
}

/** What a CommsManager is made of; each part can be replaced, by a test or by the runtime above. */
export interface CommsParts {
  /** Belongs to the CommsManager from then on, which closes it. @default ZeroMQ */
  readonly transport?: Transport | undefined
  readonly limits?: Limits | undefined
  readonly place?: Place | undefined
  readonly references?: RemoteReferences | undefined
  readonly codec?: Codec | undefined
  /** Runs requests that come in. @default refuses them all: nothing is exposed */
  readonly dispatch?: Dispatch | undefined
  /** Asks somebody who may know for a uid that the directory doesn't have. */
  readonly resolve?: ((uid: string) => Promise<DirectoryEntry | undefined>) | undefined
  /** Requests that are run even while this runtime drains. @default none */
  readonly isVital?: ((request: Incoming) => boolean) | undefined
  /** @internal The auditor's and the simulation's. @default the real ones */
  readonly safeguards?: Safeguards | undefined
}

/**
 * Manages the connections of one runtime to the others, and the messages between them: one inbound socket, a link per
 * peer, requests and their answers. `docs/mosaic.md` maps the names of its model to its own.
 *
 * Requests of one runtime to another start there in the order in which they were sent. Every request settles exactly
 * once. What is sent to the runtime itself needs no link, and behaves the same: arguments are copied.
 */
export class CommsManager extends EventEmitter<CommsEvents> {
  readonly uid: string
  /** Random, another at each start of a runtime. */
  readonly instance: string
  readonly #settings: CommsSettings
  readonly #traffic: Traffic
  readonly #lifetime: Lifetime
  readonly #peers: Peers

  /** @throws ERR_INVALID_UID, ERR_INVALID_OPTION, ERR_INSECURE */
  constructor(options: CommsOptions, parts: CommsParts = {}) {
    super()
    this.#settings = settle(options)
    this.uid = this.#settings.uid
    this.instance = randomId(this.#settings.random)
    const { limits = defaultLimits, references, dispatch = nothingExposed, resolve } = parts
    const { clock, random } = this.#settings
    const transport = parts.transport ?? new ZmqTransport({ clock })
    const place = parts.place ?? herePlace(random)
    const guards = parts.safeguards ?? safeguards
    const running = () => this.#lifetime.running()
    this.#traffic = new Traffic({
      instance: this.instance,
      settings: this.#settings,
      limits,
      references,
      safeguards: guards,
      dispatch,
      resolve,
      isVital: parts.isVital ?? (() => false),
      makeCodec: (streams) => parts.codec ?? new MsgpackCodec({ references, limits, streams }),
      running,
      changed: (change) => this.#report(() => this.emit('peer', change)),
      stop: (from) => this.#onStop(from),
    })
    this.#lifetime = new Lifetime({
      settings: this.#settings,
      transport,
      traffic: this.#traffic,
      intake: { instance: this.instance, frameBytes: limits.frameBytes },
      makeLinks: (bound) =>
        new Links(
          {
            settings: this.#settings,
            limits,
            codec: this.#traffic.codec,
            transport,
            place,
            safeguards: guards,
            self: this.#self(bound, place),
          },
          this.#traffic.events,
        ),
      closed: () => this.#report(() => this.emit('close')),
    })
    const links = () => this.#lifetime.links
    this.#peers = new Peers({ settings: this.#settings, traffic: this.#traffic, transport, links, running })
  }

  get logger(): Logger {
    return this.#settings.logger
  }

  /** The mesh's token: whoever is to join needs it, and nobody else may have it. */
  get meshToken(): string {
    return this.#settings.meshToken
  }

  /** What others are told about this runtime; undefined before `start`. */
  get entry(): DirectoryEntry | undefined {
    return this.#lifetime.links?.self
  }

  /** Where this runtime can be dialled: its tcp endpoint, or else the cheapest; undefined before `start`. */
  get address(): string | undefined {
    return mainEndpoint(this.entry?.endpoints)
  }

  /** The tcp port; undefined before `start`, and where tcp is not offered. */
  get port(): number | undefined {
    return tcpPort(this.entry?.endpoints)
  }

  /** How many things that came in were dropped, by reason. */
  get drops(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#lifetime.links?.drops ?? [])
  }

  /**
   * Binds the addresses and begins to listen.
   *
   * @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS; nothing is left bound then.
   */
  async start(): Promise<void> {
    return this.#lifetime.start()
  }

  // Peers

  /**
   * Opens a link to whoever answers at an address, and resolves with its uid once both sides know each other.
   *
   * @param options.timeout milliseconds @default `handshake.timeout`
   * @throws ERR_HANDSHAKE_TIMEOUT, ERR_HANDSHAKE_REFUSED, ERR_UID_TAKEN if this runtime's uid is held by another,
   * ERR_PEER_LOST if whoever answers there is lost before the handshake is complete, ERR_INVALID_ADDRESS
   */
  async connect(address: string, options: { readonly timeout?: number | undefined } = {}): Promise<string> {
    return this.#peers.connect(address, options.timeout)
  }

  /**
   * Resolves once a peer is linked and answers: the first message after this arrives. Opens the link if the peer is
   * known, and waits for it to be introduced if it isn't. Resolves at once for this runtime itself.
   *
   * @param options.timeout milliseconds @default the runtime's `timeout`
   * @throws ERR_TIMEOUT if it is not there in time
   */
  async waitFor(uid: string, options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    return this.#peers.waitFor(uid, options.timeout)
  }

  /**
   * Resolves once a peer is dead or has left, with that last change; at once if it is gone already. It is the instance
   * that is there now whose end is awaited: a successor under the same uid changes nothing.
   *
   * @throws ERR_INVALID_UID, ERR_NO_SUCH_PEER if the uid was never heard of, ERR_CANCELLED if the signal is aborted,
   * ERR_CLOSED if this runtime ends first: to be caught by whoever doesn't stop watching before
   */
  async watch(uid: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<PeerChange> {
    return this.#peers.watch(uid, options.signal)
  }

  /** Whether there is a link to a peer over which messages travel: its state is alive or stalled. */
  connected(uid: string): boolean {
    return this.#peers.connected(uid)
  }

  /** Whether a message to a peer would be taken at once. Also true of a peer that isn't linked: `send` says what is wrong. */
  hasRoom(uid: string): boolean {
    return this.#peers.hasRoom(uid)
  }

  /** Whether the handshake with a peer is complete. */
  shaken(uid: string): boolean {
    return this.#peers.shaken(uid)
  }

  /** Where a peer can be dialled: its tcp endpoint, or else the cheapest; undefined if it is not known. */
  uidAddress(uid: string): string | undefined {
    return mainEndpoint(this.entryOf(uid)?.endpoints)
  }

  /** The tcp port of a peer; undefined if it is not known or offers none. */
  uidPort(uid: string): number | undefined {
    return tcpPort(this.entryOf(uid)?.endpoints)
  }

  /** What a peer tells about itself; undefined if it is not known. */
  entryOf(uid: string): DirectoryEntry | undefined {
    return this.#peers.entryOf(uid)
  }

  /**
   * Everyone that is known, this runtime left out, ordered by uid; and of those that are gone, the last ends, of which
   * the 1000 latest are kept. Who is there is told by `state`.
   */
  peers(): PeerReport[] {
    return this.#peers.reports()
  }

  /**
   * Ends the link to a peer, with a farewell. What was asked of it fails; what it sends from now on is dropped.
   *
   * @param options.notify whether to tell all other peers that it is gone @default false
   */
  disconnect(uid: string, options: { readonly notify?: boolean | undefined } = {}): void {
    this.#peers.disconnect(uid, options.notify === true)
  }

  /**
   * Whoever started a runtime has seen that instance end. The peer is dead without further question, and all that are
   * linked here are told. A successor under the same uid is not touched.
   */
  obituary(uid: string, instance: string): void {
    if (this.#lifetime.isRunning) this.#traffic.introductions?.obituary(uid, instance)
  }

  // Requests

  /**
   * Calls a method of a peer's service and expects no answer. Resolves once the outbox has taken the message: at once,
   * unless it is full. What is changed in the arguments from then on does not matter, unless they are `uncopied`.
   *
   * @throws ERR_INVALID_OPTION, ERR_NO_SUCH_PEER, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, ERR_OVERLOADED, ERR_PEER_LOST, ERR_CLOSED
   */
  async send(uid: string, call: ServiceCall, options: SendOptions = {}): Promise<void> {
    return this.#traffic.requests.post(uid, callMessage(call, options), options)
  }

  /**
   * Calls a method of a peer's service. The reply settles exactly once: with the method's result, with what it threw, or
   * with an error of `send`, ERR_TIMEOUT or ERR_CANCELLED that says whether the method can have run. Until it has settled,
   * binaries of 4 KiB or more in the arguments belong to the mesh.
   *
   * @throws ERR_INVALID_OPTION
   */
  sendRecv<T = unknown>(uid: string, call: ServiceCall, options: RequestOptions = {}): Reply<T> {
    return this.#traffic.requests.ask(uid, callMessage(call), options)
  }

  /** Calls a method of a resident object and expects no answer. Otherwise as `send`. */
  async cmd(uid: string, call: ObjectCall, options: SendOptions = {}): Promise<void> {
    return this.#traffic.requests.post(uid, cmdMessage(call, options), options)
  }

  /** Calls a method of a resident object. Otherwise as `sendRecv`. */
  cmdRecv<T = unknown>(uid: string, call: ObjectCall, options: RequestOptions = {}): Reply<T> {
    return this.#traffic.requests.ask(uid, cmdMessage(call), options)
  }

  // The end

  /** Asks a peer to end. Resolves once the outbox has taken the message. */
  stopPeer(uid: string): Promise<void> {
    return this.#traffic.requests.post(uid, { kind: Kind.stop }, {})
  }

  /**
   * Takes no more requests, and resolves when those that run here have ended, or have had `timeout` milliseconds. Those
   * that come, and those that wait to be run, are refused: their callers know that they never ran. Requests of this
   * runtime to itself run, and those that `isVital` names; it may also go on asking others. `stop` is to follow.
   *
   * @throws ERR_INVALID_OPTION
   */
  async drain(timeout: number): Promise<void> {
    return this.#lifetime.drain(timeout)
  }

  /**
   * Takes leave: drains; says farewell, waits up to `farewellTimeout` for what was posted to be acknowledged, and closes
   * everything. What is still awaited then rejects with ERR_CLOSED. May be called twice and from anywhere; the first
   * call decides.
   *
   * @throws ERR_INVALID_OPTION
   */
  stop(options: StopOptions = {}): Promise<void> {
    return this.#lifetime.stop(options)
  }

  /**
   * Closes everything at once: no farewell, nothing waits to be acknowledged. To the peers it looks like a crash. May be
   * called at any time, during `stop` too.
   */
  destroy(): Promise<void> {
    return this.#lifetime.destroy()
  }

  /** Resolves when everything is closed. */
  wait(): Promise<void> {
    return this.#lifetime.wait()
  }

  /** What others are told about this runtime. */
  #self(bound: readonly string[], place: Place): DirectoryEntry {
    const { uid, advertise, roles } = this.#settings
    const own = advertise.length === 0 ? bound : bound.filter((endpoint) => schemeOf(endpoint) !== 'tcp')
    return { uid, instance: this.instance, endpoints: [...own, ...advertise], roles, ...place }
  }

  #onStop(from: string): void {
    if (this.listenerCount('stop') > 0) this.#report(() => this.emit('stop', from))
    else void this.stop()
  }

  /** A listener that throws must not stop what it listens to. */
  #report(emit: () => void): void {
    try {
      emit()
    } catch (error) {
      this.logger.error({ uid: this.uid, error }, 'a listener has thrown')
    }
  }
}

const nothingExposed: Dispatch = (request) => {
  const { message } = request
  const text = `nothing is exposed here, and so not ${nameOf(message)}`
  const facts = { method: message.method, executed: 'no' } as const
  throw request.refuse(new SkeinError('ERR_NO_SUCH_METHOD', text, facts))
}
