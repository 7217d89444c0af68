import type { StopOptions } from '@skein/core'
import { isGone } from '@skein/core/internal'
import { Runtime, type RuntimeParts } from '@skein/runtime/internal'
import { EventEmitter } from 'eventemitter3'
import { brokerService } from './broker-service.js'
import { type CheckOptions, check } from './check.js'
import { type BrokerConfigSource, readConfig } from './config.js'
import { BROKER, type BrokerStatus, ROLES, type ServiceChange } from './contract.js'
import { ensure, type Found } from './ensure.js'
import { Exchange } from './exchange.js'
import type { Feed } from './feed.js'
import { type BrokerOptions, settleBroker } from './options.js'
import { Registry } from './registry.js'
import { Service } from './service.js'
import { Tally } from './tally.js'

export interface BrokerEvents {
  /** A worker has come or gone, or has other keywords. */
  change: (change: ServiceChange) => void
  /** Everything is closed. */
  close: () => void
}

export interface ServeOptions {
  /** Stops it when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that what runs may take to end then. @default 0 */
  readonly drain?: number | undefined
  /** It listens. */
  readonly onReady?: ((broker: Broker) => void) | undefined
}

/**
 * Brings the requests of clients to workers that serve them, by the names of services and keywords. It is a runtime of
 * the mesh, and workers and clients are others that are linked to it: links, liveness, deadlines and cancelling are the
 * mesh's own.
 *
 * ```ts
 * const broker = new Broker({ address: 'tcp://127.0.0.1:5555', token })
 * await broker.start()
 * ```
 */
export class Broker extends EventEmitter<BrokerEvents> {
  /** The runtime that it is: its peers, events and logger. */
  readonly runtime: Runtime
  readonly #registry: Registry
  readonly #tally = new Tally()
  readonly #feeds = new Set<Feed<ServiceChange>>()
  readonly #closed: Promise<void>

  /** Whether a broker answers at an address. Leaves nothing open. */
  static check(options: CheckOptions): Promise<boolean> {
    return check(options)
  }

  /**
   * A broker that has these options and is not started.
   *
   * @param config options that are plain values, or the path of a file of JSON that holds them
   * @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS
   */
  static fromConfig(config: BrokerConfigSource): Broker {
    return new Broker(readConfig(config))
  }

  /**
   * Makes sure that a broker answers at the address of a configuration: starts one here if none does. Of several who do
   * so at once one starts it, and all find it.
   *
   * @throws ERR_INVALID_OPTION if the configuration has no address or token to find it by, and as `start`
   */
  static ensure(config: BrokerConfigSource): Promise<Found> {
    return ensure(readConfig(config), (options) => new Broker(options))
  }

  /** Runs a broker here, and resolves when it has ended. @throws as `fromConfig` and `start` */
  static async serve(config: BrokerConfigSource, options: ServeOptions = {}): Promise<void> {
    const { signal, drain = 0, onReady } = options
    const broker = Broker.fromConfig(config)
    const stop = (): void => void broker.stop({ drain })
    await broker.start()
    signal?.addEventListener('abort', stop)
    try {
      if (signal?.aborted === true) stop()
      onReady?.(broker)
      await broker.wait()
    } finally {
      signal?.removeEventListener('abort', stop)
      await broker.stop()
    }
  }

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_INVALID_ADDRESS, ERR_INSECURE */
  constructor(options: BrokerOptions = {}, parts: RuntimeParts = {}) {
    super()
    const { maxQueued, runtime } = settleBroker(options)
    this.runtime = new Runtime(runtime, parts)
    this.#closed = new Promise((resolve) => this.runtime.once('close', resolve))
    this.#registry = new Registry({ maxQueued, changed: (change) => this.#changed(change) })
    const exchange = new Exchange({
      comms: () => this.runtime.comms,
      registry: this.#registry,
      tally: this.#tally,
    })
    const served = { registry: this.#registry, exchange, feeds: this.#feeds, name: this.name }
    this.runtime.provide(BROKER, brokerService({ ...served, status: () => this.status() }))
    this.runtime.on('peer', (change) => this.#registry.changed(change))
    this.runtime.on('stop', () => void this.stop())
    this.runtime.on('close', () => this.emit('close'))
  }

  get name(): string {
    return this.runtime.uid
  }

  /** Where it listens; undefined before `start`. */
  get address(): string | undefined {
    return this.runtime.comms.address
  }

  /** What workers and clients need to join. Keep it secret. */
  get token(): string {
    return this.runtime.comms.meshToken
  }

  /** @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE; nothing is left bound then */
  start(): Promise<void> {
    return this.runtime.start()
  }

  /**
   * Takes leave. Requests that it has go on for `drain` milliseconds, while new ones are refused. May be called twice and
   * from anywhere; the first call decides.
   *
   * @param options.drain milliseconds @default 0: what it has is abandoned
   */
  stop(options: StopOptions = {}): Promise<void> {
    // Whoever watches would hold it up for as long as it may take.
    for (const feed of this.#feeds) feed.close()
    return this.runtime.stop(options)
  }

  /** Closes everything at once: to the others it looks like a crash. */
  destroy(): Promise<void> {
    return this.runtime.destroy()
  }

  /** Resolves when everything is closed. */
  wait(): Promise<void> {
    return this.#closed
  }

  /** What there is of a service, now and later; undefined if nobody serves it. */
  service(name: string): Service | undefined {
    const { services } = this.#registry
    return services.has(name) ? new Service(name, () => services.get(name)) : undefined
  }

  /** What there is now: services and their workers, clients, and what was done so far. */
  status(): BrokerStatus {
    const clients = this.runtime
      .peers()
      .filter(({ roles, state }) => roles.includes(ROLES.client) && !isGone({ is: state }))
    return {
      name: this.name,
      address: this.address ?? '',
      services: [...this.#registry.services.keys()].flatMap((name) => this.service(name)?.status() ?? []),
      clients: clients.map(({ uid, state }) => ({ name: uid, state })),
      counts: this.#tally.read(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #changed(change: ServiceChange): void {
    for (const feed of this.#feeds) feed.push(change)
    try {
      this.emit('change', change)
    } catch (error) {
      // A listener that throws must not stop what it listens to.
      this.runtime.comms.logger.error({ error }, 'a listener has thrown')
    }
  }
}
