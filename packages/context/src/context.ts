import { SkeinError } from '@skein/core'
import {
  checkLogger,
  checkNames,
  Deadlines,
  invalidOption,
  SocketSpace,
  stderrLogger,
  systemClock,
} from '@skein/core/internal'
import { Broker } from './broker/broker.js'
import { Dispatch } from './dispatch/dispatch.js'
import { PubHandler } from './log/pub-handler.js'
import {
  type BrokerOptions,
  type ContextOptions,
  checkMs,
  defaults,
  type PubHandlerOptions,
  type PublisherOptions,
  type ReplierOptions,
  type RequesterOptions,
  type SubscriberOptions,
} from './options.js'
import { codecOf } from './payload/codec.js'
import { Outlets } from './publish/outlets.js'
import { Publisher } from './publish/publisher.js'
import { Subscriber } from './publish/subscriber.js'
import { Replier, type RequestHandler } from './request/replier.js'
import type { Requester } from './request/requester.js'
import { Requesters } from './request/requesters.js'
import type { Closable, Surroundings } from './surroundings.js'

const NAMES: readonly (keyof ContextOptions)[] = [
  'context',
  'pollTimeout',
  'linger',
  'dispatch',
  'logger',
  'codec',
  'clock',
]

/**
 * Requesters, repliers, publishers and subscribers on plain ZeroMQ endpoints. What comes in (rep, sub, broker) is handed
 * to handlers; what goes out (req, pub) is sent by whoever has the Requester or Publisher. One owner of all their
 * sockets: `close` closes them.
 */
export class Context {
  readonly #surroundings: Surroundings
  readonly #requesters: Requesters
  readonly #outlets: Outlets
  #closing: Promise<void> | undefined

  /** @throws ERR_INVALID_OPTION */
  constructor(options: ContextOptions = {}) {
    checkNames(options, NAMES)
    const { context, dispatch = defaults.dispatch, clock = systemClock, codec = defaults.codec } = options
    if (dispatch !== 'auto' && dispatch !== 'manual')
      throw invalidOption('dispatch', dispatch, "'auto' or 'manual'")
    if (context !== undefined && !(context.zmqContext instanceof SocketSpace))
      throw invalidOption('context', context, 'a Context')
    codecOf(codec)
    const pollTimeout = checkMs('pollTimeout', options.pollTimeout, defaults.pollTimeout)
    this.#surroundings = {
      space: new SocketSpace({ within: context?.zmqContext }),
      dispatch: new Dispatch(clock, pollTimeout, dispatch === 'manual'),
      inbound: new Set(),
      clock,
      deadlines: new Deadlines(clock),
      logger: options.logger === undefined ? stderrLogger : checkLogger('logger', options.logger),
      codec,
      linger: checkMs('linger', options.linger, defaults.linger),
    }
    this.#requesters = new Requesters(this.#surroundings)
    this.#outlets = new Outlets(this.#surroundings)
  }

  /** The owner of its sockets. A Context derived from this one shares its ZeroMQ context. */
  get zmqContext(): SocketSpace {
    return this.#surroundings.space
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Asks at an endpoint. A second call for one endpoint gives the first Requester.
   *
   * @throws ERR_INVALID_OPTION, also if the options are not those of the first call; ERR_INVALID_ADDRESS, ERR_CLOSED
   */
  async addReq<Q = unknown, A = unknown>(
    endpoint: string,
    options: RequesterOptions<Q, A> = {},
  ): Promise<Requester<Q, A>> {
    return this.#whileOpen(() => this.#requesters.add(endpoint, options))
  }

  /**
   * Answers at an endpoint, with what `handler` returns.
   *
   * @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async addRep<Q = unknown, A = unknown>(
    endpoint: string,
    handler: RequestHandler<Q, A>,
    options: ReplierOptions<Q, A> = {},
  ): Promise<Replier<Q, A>> {
    return this.#whileOpen(() => Replier.open(endpoint, handler, options, this.#surroundings))
  }

  /**
   * Publishes a topic at an endpoint. Publishers of one endpoint share its socket.
   *
   * @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async addPub<M = unknown>(
    endpoint: string,
    topic: string,
    options: PublisherOptions<M> = {},
  ): Promise<Publisher<M>> {
    return this.#whileOpen(() => Publisher.open(endpoint, topic, options, this.#surroundings, this.#outlets))
  }

  /**
   * Follows topics of an endpoint.
   *
   * @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async addSub<M = unknown>(endpoint: string, options: SubscriberOptions<M> = {}): Promise<Subscriber<M>> {
    return this.#whileOpen(() => Subscriber.open(endpoint, options, this.#surroundings))
  }

  /**
   * Brings publishers and subscribers together: the ones connect to the XSUB, the others to the XPUB.
   *
   * @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async addBroker(xpubEndpoint: string, xsubEndpoint: string, options: BrokerOptions = {}): Promise<Broker> {
    const endpoints = { xpub: xpubEndpoint, xsub: xsubEndpoint }
    return this.#whileOpen(() => Broker.open(endpoints, options, this.#surroundings))
  }

  /**
   * Publishes log records at an endpoint, which Publishers may share.
   *
   * @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async addPubHandler(endpoint: string, options: PubHandlerOptions = {}): Promise<PubHandler> {
    return this.#whileOpen(() => PubHandler.open(endpoint, options, this.#surroundings, this.#outlets))
  }

  /**
   * With `dispatch: 'manual'`: handles one message of each socket that has one, repliers before subscribers before
   * brokers, each when the one before has been handled. If there is none it waits for `pollTimeout` milliseconds.
   * Resolves to how many were handled.
   *
   * @throws ERR_CLOSED, also while it waits; ERR_INVALID_OPTION with `dispatch: 'auto'`
   */
  poll(): Promise<number> {
    return this.#surroundings.dispatch.poll()
  }

  /** With `dispatch: 'manual'`: how many sockets have a message that waits for `poll`. */
  get ready(): number {
    return this.#surroundings.dispatch.ready
  }

  /** Ends what is under way with ERR_CLOSED, closes every socket, and resolves when they are gone. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { dispatch, inbound, space, deadlines } = this.#surroundings
    dispatch.close()
    const closables = [...inbound, this.#requesters, this.#outlets]
    await Promise.all(closables.map((each) => each.close()))
    await space.close()
    deadlines.close()
  }

  /** Nothing is added to a Context that was closed meanwhile. */
  async #whileOpen<T extends Closable>(opening: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    const opened = await opening()
    if (this.closed) await opened.close()
    this.#checkOpen()
    return opened
  }

  #checkOpen(): void {
    if (this.closed) throw new SkeinError('ERR_CLOSED', 'the Context is closed')
  }
}
