import type { StopOptions } from '@skein/core'
import { invalidOption, isGone } from '@skein/core/internal'
import type { RunnerKind } from '@skein/devices'
import { type Check, checkOptions, Runtime, type RuntimeParts } from '@skein/runtime/internal'
import { EventEmitter } from 'eventemitter3'
import {
  BACKGROUND_CHECKS,
  BackgroundBroker,
  type BackgroundKind,
  type BackgroundOptions,
  kindFor,
} from './background.js'
import { brokerService } from './broker-service.js'
import { type CheckOptions, check } from './check.js'
import { type BrokerConfigSource, readConfig } from './config.js'
import { BROKER, type BrokerStatus, type RelayEndpoints, ROLES, type ServiceChange } from './contract.js'
import { ensure, type Found } from './ensure.js'
import { Exchange } from './exchange.js'
import type { Feed } from './feed.js'
import { type BrokerOptions, settleBroker } from './options.js'
import { Registry } from './registry.js'
import { type OpenRelay, openRelay, Relay } from './relay.js'
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

export interface EnsureOptions extends BackgroundOptions {
  /**
   * Where it is started: in this thread, whose event loop it shares and which it keeps alive, in one of its own, or in a
   * process of its own.
   * @default as `Broker.sub`: others use it as well, and must not wait for what this program computes, nor this program
   * for them.
   */
  readonly runner?: RunnerKind | undefined
}

/** What the broker's own process and network give it. */
export interface BrokerParts extends RuntimeParts {
  /** @default a relay in a thread, if there are addresses for one */
  readonly openRelay?: OpenRelay | undefined
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
  readonly #relay: Relay
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
   * Starts a broker in a process of its own, and resolves when it listens. It ends with this process, whatever ends that.
   *
   * @throws as `fromConfig` and `start`; ERR_INVALID_OPTION for an inproc address; ERR_LAUNCH if it could not be started
   */
  static daemon(config: BrokerConfigSource, options: BackgroundOptions = {}): Promise<BackgroundBroker> {
    return inBackground('process', config, options)
  }

  /** Starts a broker in a thread of its own, and resolves when it listens. @throws as `daemon` */
  static thread(config: BrokerConfigSource, options: BackgroundOptions = {}): Promise<BackgroundBroker> {
    return inBackground('thread', config, options)
  }

  /** As `daemon`; or as `thread` where an address is inproc, which no other process could reach. */
  static sub(config: BrokerConfigSource, options: BackgroundOptions = {}): Promise<BackgroundBroker> {
    return inBackground(undefined, config, options)
  }

  /**
   * Makes sure that a broker answers at the address of a configuration: starts one if none does. Of several who do so at
   * once one starts it, and all find it.
   *
   * @throws ERR_INVALID_OPTION if the configuration has no address or token to find it by, and as `sub`
   */
  static async ensure(
    config: BrokerConfigSource,
    options: EnsureOptions = {},
  ): Promise<Found<Broker | BackgroundBroker>> {
    const { runner, ...background } = checkOptions(options, ENSURE_CHECKS)
    return ensure(readConfig(config), async (given) => {
      if (runner !== 'inline') return inBackground(runner, given, background)
      const broker = new Broker({ ...given, logger: background.logger })
      await broker.start()
      return broker
    })
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
  constructor(options: BrokerOptions = {}, parts: BrokerParts = {}) {
    super()
    const { maxQueued, runtime, relay } = settleBroker(options)
    const { openRelay: open = relay && (() => openRelay(relay, this.runtime.comms.logger)), ...own } = parts
    this.runtime = new Runtime(runtime, own)
    this.#relay = new Relay(open)
    this.#closed = new Promise<void>((resolve) => this.runtime.once('close', resolve)).then(() =>
      this.#relay.stop(),
    )
    this.#registry = new Registry({ maxQueued, changed: (change) => this.#changed(change) })
    const exchange = new Exchange({
      comms: () => this.runtime.comms,
      clock: this.runtime.clock,
      registry: this.#registry,
      tally: this.#tally,
    })
    const served = {
      ...{ registry: this.#registry, exchange, relay: this.#relay },
      ...{ feeds: this.#feeds, name: this.name },
    }
    this.runtime.provide(BROKER, brokerService({ ...served, status: () => this.status() }))
    this.runtime.on('peer', (change) => this.#registry.changed(change))
    this.runtime.on('stop', () => void this.stop())
    void this.#closed.then(() => this.emit('close'))
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

  /** Where to publish and to subscribe; undefined while it relays nothing. */
  get endpoints(): RelayEndpoints | undefined {
    return this.#relay.endpoints
  }

  /** @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE; nothing is left bound then */
  async start(): Promise<void> {
    // First what it is found by: of several that are started for one address, one goes on to the relay.
    await this.runtime.start()
    try {
      await this.#relay.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Takes leave. Requests that it has go on for `drain` milliseconds, while new ones are refused. May be called twice and
   * from anywhere; the first call decides.
   *
   * @param options.drain milliseconds @default 0: what it has is abandoned
   */
  async stop(options: StopOptions = {}): Promise<void> {
    // Whoever watches would hold it up for as long as it may take.
    for (const feed of this.#feeds) feed.close()
    await this.runtime.stop(options)
    await this.#relay.stop()
  }

  /** Closes everything at once: to the others it looks like a crash. */
  async destroy(): Promise<void> {
    await this.runtime.destroy()
    await this.#relay.stop()
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
      ...(this.endpoints && { endpoints: this.endpoints }),
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

/** @param kind undefined: as its addresses allow */
async function inBackground(
  kind: BackgroundKind | undefined,
  source: BrokerConfigSource,
  options: BackgroundOptions,
): Promise<BackgroundBroker> {
  const config = readConfig(source)
  return BackgroundBroker.start(kind ?? kindFor(config), config, options)
}

const RUNNERS: readonly unknown[] = ['inline', 'thread', 'process'] satisfies RunnerKind[]

const isRunner: Check = (option, given) => {
  if (!RUNNERS.includes(given)) throw invalidOption(option, given, RUNNERS.join(', '))
}

const ENSURE_CHECKS = { ...BACKGROUND_CHECKS, runner: isRunner }
