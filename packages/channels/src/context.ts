import { CommsManager, type Incoming, type Logger, SkeinError } from '@skein/core'
import { checkNames, checkTimeout, invalidOption } from '@skein/core/internal'
import { endpointOf, hostOfEndpoint, isLocal, parseAddress, publicHost } from './address.js'
import { awaited } from './awaited.js'
import { Connection, contextOf, uidOf } from './connection.js'
import { closedMeanwhile, inUse, isLate, noContext, selfConnected, unanswered } from './connection-errors.js'
import { Connections } from './connections.js'
import { localToken } from './local-token.js'
import { ChannelNode } from './node.js'
import { type ContextOptions, type ContextParts, type ContextSettings, settle } from './settings.js'

export interface BindOptions {
  /** How many ports are tried, from the given one upwards. @default 1 */
  readonly maxTries?: number | undefined
  /** A name to look the connection up by. @default none */
  readonly name?: string | undefined
}

export interface ConnectOptions {
  /** Milliseconds within which the other side must answer; until then it is tried again. @default 1000 */
  readonly timeout?: number | undefined
  /** A name to look the connection up by. @default none */
  readonly name?: string | undefined
}

const BIND_NAMES = ['maxTries', 'name']
const CONNECT_NAMES = ['timeout', 'name']
const DEFAULT_CONNECT = 1000

/**
 * A node in a network of contexts, whose connections are made with `bind` and `connect`. `docs/channels.md` maps the names
 * of its model to its own.
 */
export class ChannelContext extends ChannelNode {
  readonly #settings: ContextSettings
  readonly #connections = new Set<Connection>()
  #made = 0

  /** @throws ERR_INVALID_OPTION */
  constructor(options: ContextOptions = {}, parts: ContextParts = {}) {
    const settings = settle(options, parts)
    super(settings)
    this.#settings = settings
  }

  /** How many contexts are directly connected to this one. */
  get connectionCount(): number {
    return [...this.#connections].reduce((sum, { contexts }) => sum + contexts.length, 0)
  }

  /** The connections with somebody on the other end. */
  get connections(): Connections {
    return new Connections([...this.#connections].filter(({ isActive }) => isActive))
  }

  /** All connections that are not closed: those too that wait for somebody. */
  get connectionsAll(): Connections {
    return new Connections([...this.#connections])
  }

  /**
   * Lets other contexts connect, any number of them, at `host:port`. The port is a number, or a name, which stands for
   * one; `localhost` is reached from this machine alone, `publichost` from others.
   *
   * @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INSECURE
   */
  async bind(address: string, options: BindOptions = {}): Promise<Connection> {
    checkNames(options, BIND_NAMES)
    const { maxTries = 1, name } = options
    if (!Number.isSafeInteger(maxTries) || maxTries < 1)
      throw invalidOption('maxTries', maxTries, 'a whole number of 1 or more')
    const { host, port } = parseAddress(address)
    const connection = this.#open(name, address, true)
    const last = Math.min(port + maxTries - 1, 65_535)
    try {
      for (let tried = port; ; tried++) {
        try {
          await this.#start(connection, host, tried)
          return connection
        } catch (error) {
          const isTaken = error instanceof SkeinError && error.code === 'ERR_ADDRESS_IN_USE'
          if (!isTaken || tried >= last) throw isTaken ? inUse(address, { host, port, last }, error) : error
        }
      }
    } catch (error) {
      await connection.finish('not connected')
      throw error
    }
  }

  /**
   * Connects to a context that is bound to `host:port`, or to an endpoint such as `ipc:///path`. Resolves when each knows
   * of the other what it wants, and what lies behind it.
   *
   * @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_INSECURE, ERR_HANDSHAKE_TIMEOUT if nobody answers in time,
   * ERR_HANDSHAKE_REFUSED, ERR_PEER_LOST, ERR_CLOSED if the connection is closed meanwhile
   */
  async connect(address: string, options: ConnectOptions = {}): Promise<Connection> {
    checkNames(options, CONNECT_NAMES)
    const timeout = checkTimeout('timeout', options.timeout, DEFAULT_CONNECT)
    const endpoint = /^\w+:\/\//.test(address) ? address : endpointOf(parseAddress(address))
    const host = hostOfEndpoint(endpoint) ?? '127.0.0.1'
    this.#checkNotSelf(endpoint)
    const connection = this.#open(options.name, address, false)
    try {
      // Who answers dials back: where others are to be reached, so must this side be.
      const comms = await this.#start(connection, isLocal(host) ? '127.0.0.1' : publicHost(), 0)
      const began = this.#settings.clock.now()
      const uid = await comms.connect(endpoint, { timeout })
      const id = contextOf(uid)
      if (id === undefined) throw noContext(address, uid)
      if (id === this.id) throw selfConnected(address)
      await this.#described(connection, uid, Math.max(1, timeout - (this.#settings.clock.now() - began)))
      return connection
    } catch (error) {
      await connection.finish('not connected')
      throw isLate(error) ? unanswered(endpoint, timeout, error) : error
    }
  }

  /** Closes all channels and connections. The context can be used again. */
  async close(): Promise<void> {
    this.closeChannels()
    await Promise.all([...this.#connections].map((connection) => connection.close()))
    this.router.rest()
  }

  #open(name: string | undefined, address: string, isHost: boolean): Connection {
    if (name !== undefined && (typeof name !== 'string' || name === ''))
      throw invalidOption('name', name, 'a text of one character or more')
    if (name !== undefined && [...this.#connections].some((each) => each.name === name))
      throw invalidOption('name', name, 'a name that no other connection of this context has')
    const over = (connection: Connection) => void this.#connections.delete(connection)
    const connection = new Connection({ name: name ?? '', address, isHost, router: this.router, over })
    this.#connections.add(connection)
    return connection
  }

  /** The links of a connection are those of a CommsManager of its own, which is there as long as the connection is. */
  async #start(connection: Connection, bind: string, port: number): Promise<CommsManager> {
    const { insecure, liveness, logger, clock, random, transport, schemes, place } = this.#settings
    const options = {
      uid: uidOf(this.id, this.#made++),
      meshToken: await this.#token(bind),
      transports: schemes ?? (['ipc', 'tcp'] as const),
      requestContext: false,
      logger: whileOpen(connection, logger),
      ...{ bind, port, insecure, liveness, clock, random },
    }
    const comms = new CommsManager(options, {
      transport: transport?.(),
      place,
      dispatch: (request) => this.#dispatch(connection, request),
    })
    try {
      await comms.start()
    } catch (error) {
      await comms.destroy()
      throw error
    }
    if (connection.state === 'waiting') connection.attach(comms)
    else {
      await comms.destroy()
      throw closedMeanwhile(connection)
    }
    return comms
  }

  #dispatch(connection: Connection, request: Incoming): unknown {
    const neighbour = connection.neighbour(request.from)
    if (neighbour !== undefined) return this.router.handlers.dispatch(neighbour, request)
    if (request.message.id === 0) return undefined
    throw request.refuse(closedMeanwhile(connection))
  }

  async #token(host: string): Promise<string> {
    const { token } = this.#settings
    if (token !== undefined) return token
    if (isLocal(host)) return localToken()
    throw invalidOption('token', undefined, `a token, since other machines can reach ${host}`)
  }

  /** Resolves when the other end has told of itself and of those behind it. */
  async #described(connection: Connection, uid: string, timeout: number): Promise<void> {
    const look = (): true | undefined => {
      if (connection.reason !== undefined) throw closedMeanwhile(connection)
      return connection.neighbour(uid)?.hasDescribed || undefined
    }
    const watch = (fn: () => void): (() => void) => {
      const unwatch = this.router.watch(fn)
      connection.on('closed', fn)
      return () => {
        unwatch()
        connection.off('closed', fn)
      }
    }
    const missing = (): string => `${connection.address} has answered, and has not told of itself`
    await awaited(look, { clock: this.#settings.clock, timeout, watch, missing })
  }

  #checkNotSelf(endpoint: string): void {
    for (const connection of this.#connections)
      if (connection.endpoint === endpoint) throw selfConnected(endpoint)
  }
}

/** What still comes for a connection that ends is dropped, and that is no error. */
function whileOpen(connection: Connection, logger: Logger): Logger {
  const isOpen = () => connection.reason === undefined
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => (isOpen() ? logger.error(facts, message) : logger.debug(facts, message)),
  }
}
