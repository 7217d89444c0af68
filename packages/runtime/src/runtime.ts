import { SERVICE as CHANNELS, MESH_METHODS, MeshContext } from '@skein/channels/internal'
import { CommsManager, type Logger, type PeerChange, type PeerReport, type StopOptions } from '@skein/core'
import {
  type Clock,
  checkNames,
  checkUid,
  defaultLiveness,
  inTime,
  invalidOption,
  isGone,
  randomId,
  replacePath,
  stderrLogger,
  systemClock,
  systemRandomness,
} from '@skein/core/internal'
import { EventEmitter } from 'eventemitter3'
import {
  type Constructor,
  type CreateOptions,
  type CreateTarget,
  checkCreation,
  moduleOf,
  nameOfClass,
} from './creation.js'
import { enter, leave } from './current-runtime.js'
import { DIRECTORY, type DirectoryService, directoryService } from './directory.js'
import {
  Dispatcher,
  type Exposed,
  type Handler,
  isVital,
  type Middleware,
  type Service,
} from './dispatcher.js'
import { ServiceDoor } from './doors.js'
import { Holdings } from './holdings.js'
import { type LookUp, MonitorLink } from './monitor-link.js'
import { objectService } from './object-service.js'
import { abortSignal, checkOptions, duration, flag } from './options.js'
import { proxyFor } from './proxy.js'
import { OBJECTS } from './references.js'
import type { Remote, RemoteObject } from './remote.js'
import { PEER_EVENTS, type RuntimeEvents } from './runtime-events.js'
import { RUNTIME_NAMES, type RuntimeOptions, type RuntimeParts } from './runtime-options.js'
import { type Stall, StallWatch } from './stall-watch.js'
import { type RuntimeStats, STATS, Stats } from './stats.js'

const DEFAULT_FAREWELL = 1000

/**
 * A member of the mesh: offers services and objects to the others, and uses theirs.
 *
 * ```ts
 * const runtime = new Runtime({ uid: 'head', monitor: 'tcp://127.0.0.1:3000', meshToken })
 * await runtime.start()
 * runtime.expose('math', { add: (a: number, b: number) => a + b })
 * await runtime.proxy<Math>('worker:0:1', 'math').add(1, 2)
 * ```
 */
export class Runtime extends EventEmitter<RuntimeEvents> {
  /** The connections below, and the messages on them. */
  readonly comms: CommsManager
  readonly #dispatcher: Dispatcher
  readonly #holdings: Holdings
  readonly #monitor: MonitorLink | undefined
  readonly #stats: Stats | undefined
  readonly #options: RuntimeOptions
  readonly #channels: MeshContext
  #stallWatch: StallWatch | undefined
  #stopped: Promise<void> | undefined

  /** @throws ERR_INVALID_UID, ERR_INVALID_OPTION, ERR_INSECURE */
  constructor(options: RuntimeOptions, parts: RuntimeParts = {}) {
    super()
    checkNames(options, Object.keys(RUNTIME_NAMES))
    const uid = checkUid(options.uid)
    const makeId = () => randomId(options.random ?? systemRandomness)
    const comms = () => this.comms
    const { logger = stderrLogger } = options
    this.#options = options
    this.#holdings = new Holdings({ uid, comms, logger, makeId })
    const { objects, references } = this.#holdings
    this.#dispatcher = new Dispatcher(uid, objects)
    const { monitor, stats, stallReports, ...commsOptions } = options
    if (stallReports !== undefined) flag('stallReports', stallReports)
    this.comms = new CommsManager(commsOptions, {
      ...parts,
      references,
      dispatch: this.#dispatcher.dispatch,
      isVital,
      resolve: monitor === undefined ? undefined : async (uid) => this.#monitor?.find(uid),
    })
    if (monitor !== undefined) this.#monitor = this.#linkTo(monitor)
    this.#dispatcher.provide(OBJECTS, objectService({ comms, objects, references }))
    if (options.introduces === true) this.#dispatcher.provide(DIRECTORY, directoryService(comms))
    this.#channels = this.#makeChannels(logger)
    if (stats !== false) this.#stats = this.#count()
    this.comms.on('peer', (change) => this.#changed(change))
    this.comms.on('stop', (from) => this.#asked(from))
    this.comms.on('close', () => this.#ended())
  }

  get uid(): string {
    return this.comms.uid
  }

  /**
   * The context of this runtime's channels, which is connected to those of all others that have channels. A runtime is
   * reached once it is linked here, or known to the monitor of both. Making a channel throws ERR_CLOSED once this runtime
   * has ended.
   */
  get channels(): MeshContext {
    return this.#channels
  }

  /** The uid of the monitor, once it was reached. */
  get monitor(): string | undefined {
    return this.#monitor?.uid
  }

  /**
   * Binds the addresses, begins to listen, and connects to the monitor if there is to be one.
   *
   * @throws as `CommsManager.start` and `CommsManager.connect`; nothing is left open then
   */
  async start(): Promise<void> {
    await this.comms.start()
    enter(this)
    this.#stats?.start()
    try {
      if (this.#options.stallReports === true) await this.#watch()
      await this.#monitor?.connect()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Takes leave. What runs here may go on for `drain` milliseconds, while new requests of others are refused: their
   * callers know that they never ran. Then the objects that live here are disposed, which have `farewellTimeout` for
   * that, the peers are told, and everything is closed. May be called twice and from anywhere; the first call decides.
   *
   * @param options.drain milliseconds @default 0: what runs is abandoned
   * @throws ERR_INVALID_OPTION
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { drain = 0 } = checkOptions(options, { drain: duration })
    this.#stopped ??= this.#stop(drain)
    return this.#stopped
  }

  // What this runtime offers

  /**
   * Offers the methods of an object to the mesh, under a name: of a plain object its own functions, of a class instance
   * its public methods. Accessors, symbols and names that begin with `_` stay private; what TypeScript calls `private`
   * does not.
   *
   * @throws ERR_INVALID_OPTION if the name is taken or begins with `skein.`, or the object has no methods
   */
  expose(name: string, object: object): Exposed {
    return this.#dispatcher.expose(name, object)
  }

  /** Puts a middleware around all requests that come in, inside of those that are there already. */
  use(middleware: Middleware): void {
    this.#dispatcher.use(middleware)
  }

  /**
   * A value that stands for an object of this runtime: wherever it is sent, it arrives as a proxy, and the object stays
   * here. When the last who got one lets go of it or is gone, the object is disposed (`Symbol.asyncDispose` or
   * `Symbol.dispose`, if it has them), and this value is of no more use. A proxy that comes back here arrives as the
   * object itself.
   *
   * @throws ERR_INVALID_OPTION if the object has no methods
   */
  share<T extends object>(object: T): RemoteObject<T> {
    return this.#holdings.references.share(object)
  }

  // What it uses of others

  /**
   * A stand-in for a service of another runtime, or of this one. Nothing is sent before a method is called.
   *
   * @throws ERR_INVALID_UID, ERR_INVALID_OPTION
   */
  proxy<T extends object>(uid: string, service: string): Remote<T> {
    if (typeof service !== 'string')
      throw invalidOption('service', service, 'the name that the service is exposed under')
    return proxyFor<Remote<T>>(new ServiceDoor(this.comms, checkUid(uid), service))
  }

  /**
   * Creates an object in another runtime, which loads the module and constructs what it exports under the class's name.
   * It lives there until nobody holds it any more.
   *
   * @throws ERR_INVALID_OPTION, ERR_NO_SUCH_EXPORT, what the constructor throws, and what a request can fail with
   */
  async create<C extends Constructor>(
    Class: C,
    options: CreateOptions<C> & CreateTarget,
  ): Promise<RemoteObject<InstanceType<C>>> {
    const { on, from, args, ...request } = checkCreation<CreateOptions<C> & CreateTarget>(options)
    const call = {
      service: OBJECTS,
      method: 'create',
      args: [moduleOf(from), nameOfClass(Class), args ?? []],
    }
    try {
      return await this.comms.sendRecv<RemoteObject<InstanceType<C>>>(checkUid(on), call, request)
    } catch (error) {
      throw replacePath(error, 'args[2]', 'args') // as the caller knows them
    }
  }

  /**
   * Everyone that is known, this runtime left out, ordered by uid; and of those that are gone, the last ends, of which
   * the 1000 latest are kept. Who is there is told by `state`.
   */
  peers(): PeerReport[] {
    return this.comms.peers()
  }

  /**
   * Resolves once a peer is dead or has left, with that last change; at once if it is gone already. It is the instance
   * that is there now whose end is awaited: a successor under the same uid changes nothing.
   *
   * ```ts
   * const { is, reason, evidence, tookMs } = await runtime.watch('worker:0:1')
   * ```
   *
   * @throws ERR_INVALID_UID, ERR_NO_SUCH_PEER if the uid was never heard of, ERR_CANCELLED if the signal is aborted,
   * ERR_CLOSED if this runtime ends first: to be caught by whoever doesn't stop watching before
   */
  async watch(uid: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<PeerChange> {
    return this.comms.watch(uid, checkOptions(options, { signal: abortSignal }))
  }

  /** Resolves once a peer is linked and answers. See `CommsManager.waitFor`. */
  waitFor(uid: string, options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    return this.comms.waitFor(uid, options)
  }

  /**
   * Closes everything at once: objects are not disposed, nobody is told, what was posted is dropped. May be called twice
   * and from anywhere.
   */
  async destroy(): Promise<void> {
    await this.comms.destroy()
    await this.#stallWatch?.stop()
  }

  /** How many objects live here. */
  get residents(): number {
    return this.#holdings.objects.size
  }

  // For siblings

  /**
   * What was served here, also once it is closed. Undefined where it isn't counted.
   *
   * @internal
   */
  get served(): RuntimeStats | undefined {
    return this.#stats?.read()
  }

  /** @internal */
  get clock(): Clock {
    return this.#options.clock ?? systemClock
  }

  /**
   * Offers a service whose methods are given the request too. Built-in ones have names that begin with `skein.`.
   *
   * @internal
   */
  provide(name: string, service: Service): Exposed {
    return this.#dispatcher.provide(name, service)
  }

  async #stop(drain: number): Promise<void> {
    const { farewellTimeout = DEFAULT_FAREWELL } = this.#options
    // Before the objects: what runs may use them.
    await this.comms.drain(drain)
    this.#tellCutOff(drain)
    await inTime(this.clock, this.#holdings.objects.close(), farewellTimeout)
    this.#channels.stop()
    // What was passed on is let go of with this runtime: its owner must know whoever got it before.
    await inTime(this.clock, this.#holdings.references.settled(), farewellTimeout)
    await this.comms.stop()
    await this.#stallWatch?.stop()
  }

  #tellCutOff(drain: number): void {
    const calls = this.#stats?.running ?? 0
    if (drain > 0 && calls > 0)
      this.comms.logger.warn({ calls }, `not everything has ended within ${drain} ms and is cut off`)
  }

  #ended(): void {
    leave(this)
    this.#channels.ended()
    this.#monitor?.close()
    this.#stats?.stop()
    void this.#stallWatch?.stop()
    this.emit('close')
  }

  #changed(change: PeerChange): void {
    if (isGone(change)) this.#holdings.lose(change.uid, change.instance)
    this.#channels.changed(change)
    this.#monitor?.changed(change)
    this.emit('peer', change)
    const event = PEER_EVENTS[change.is]
    if (event !== undefined) this.emit(event, change)
  }

  #makeChannels(logger: Logger): MeshContext {
    const { introduces = false, liveness, random = systemRandomness } = this.#options
    const { comms, clock } = this
    const context = new MeshContext({ comms, introduces, liveness, logger, clock, random })
    const receive: Handler = (_, request) => context.receive(request)
    this.#dispatcher.provide(CHANNELS, new Map(MESH_METHODS.map((method) => [method, receive])))
    return context
  }

  #asked(from: string): void {
    if (this.listenerCount('stop') > 0) this.emit('stop', from)
    else void this.stop()
  }

  #linkTo(address: string): MonitorLink {
    const lookUp: LookUp = (monitor, uid) => this.proxy<DirectoryService>(monitor, DIRECTORY).lookup(uid)
    return new MonitorLink(this.comms, address, lookUp, this.clock)
  }

  async #watch(): Promise<void> {
    const { stalledAfter = defaultLiveness.stalledAfter } = this.#options.liveness ?? {}
    this.#stallWatch = new StallWatch(this.uid, stalledAfter, {
      stall: (stall) => this.#stalled(stall),
      failed: (error) => this.comms.logger.warn({ error }, 'the event loop is not watched any more'),
    })
    await this.#stallWatch.start()
  }

  /** A listener that throws would end the process: nobody is above it who could catch that. */
  #stalled(stall: Stall): void {
    try {
      this.emit('stall', stall)
    } catch (error) {
      this.comms.logger.error({ uid: this.uid, error }, 'a listener has thrown')
    }
  }

  #count(): Stats {
    const stats = new Stats()
    this.#dispatcher.use(stats.middleware)
    this.#dispatcher.provide(STATS, new Map([['read', () => stats.read()]]))
    return stats
  }
}
