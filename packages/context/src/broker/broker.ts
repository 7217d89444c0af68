import type { Logger } from '@skein/core'
import { invalidOption, type PlainSocket } from '@skein/core/internal'
import { type Frames, Relay, type Tap } from '@skein/devices/internal'
import { Inlet } from '../dispatch/inlet.js'
import { type BrokerOptions, checkTopics, type FramesHook } from '../options.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { InletEnd } from './inlet-end.js'

interface Endpoints {
  readonly xpub: string
  readonly xsub: string
}

/** What has passed a Broker. */
export interface BrokerStatistics {
  /** From publishers to subscribers. */
  readonly messages: number
  /** From subscribers to publishers. */
  readonly subscriptions: number
}

/**
 * Brings publishers and subscribers together that know only its two endpoints: what is published at the XSUB leaves at the
 * XPUB, and what is subscribed to there is subscribed to here. Made by `Context.addBroker`.
 */
export class Broker {
  /** Where subscribers connect to. */
  readonly xpubEndpoint: string
  /** Where publishers connect to. */
  readonly xsubEndpoint: string
  readonly #relay: Relay
  readonly #detach: () => void

  private constructor(endpoints: Endpoints, relay: Relay, detach: () => void) {
    this.xpubEndpoint = endpoints.xpub
    this.xsubEndpoint = endpoints.xsub
    this.#relay = relay
    this.#detach = detach
  }

  /** @internal */
  static async open(given: Endpoints, options: BrokerOptions, surroundings: Surroundings): Promise<Broker> {
    const names = ['onMessage', 'onSubscription', 'subscribe']
    const settings = settleEndpoint(given.xpub, options, surroundings, true, names)
    const topics = checkTopics('subscribe', options.subscribe ?? [])
    settleEndpoint(given.xsub, options, surroundings, true, names)
    for (const name of ['onMessage', 'onSubscription'] as const)
      if (options[name] !== undefined && typeof options[name] !== 'function')
        throw invalidOption(name, options[name], 'a function')
    const { bind, logger, socketOptions } = settings
    const { space, dispatch, inbound } = surroundings
    const opened: PlainSocket[] = []
    const open = async (kind: 'xpub' | 'xsub'): Promise<[PlainSocket, string]> => {
      const socket = space.open(kind, socketOptions)
      opened.push(socket)
      if (bind) return [socket, await socket.bind(given[kind])]
      await socket.connect(given[kind])
      return [socket, given[kind]]
    }
    try {
      const [xsub, xsubEndpoint] = await open('xsub')
      for (const topic of topics) await xsub.send([Buffer.from(`\x01${topic}`)])
      const [xpub, xpubEndpoint] = await open('xpub')
      const [input, output] = [xsub, xpub].map((socket) => {
        const inlet = new Inlet(socket, { rank: 'broker', limit: 1 }, (frames) => end.handle(frames))
        const end = new InletEnd(socket, () => dispatch.delete(inlet))
        return { inlet, end }
      })
      if (input === undefined || output === undefined) throw new RangeError('a broker has two sockets')
      const relay = new Relay(input.end, output.end, { tap: new Hooks(options, logger) })
      for (const { inlet } of [input, output]) dispatch.add(inlet)
      const endpoints = { xpub: xpubEndpoint, xsub: xsubEndpoint }
      const broker = new Broker(endpoints, relay, () => inbound.delete(broker))
      inbound.add(broker)
      relay.ended.catch((error: unknown) => logger.error({ ...endpoints, error }, 'the broker has failed'))
      return broker
    } catch (error) {
      await Promise.all(opened.map((socket) => socket.close()))
      throw error
    }
  }

  get statistics(): BrokerStatistics {
    const { in: published, out: subscribed } = this.#relay.statistics
    return { messages: published.received.messages, subscriptions: subscribed.received.messages }
  }

  /** Passes on nothing more, and lets go of both endpoints. May be called twice. */
  async close(): Promise<void> {
    this.#detach()
    await this.#relay.stop()
  }
}

/** Shows what passes to the hooks. What they throw is logged, and stops nothing. */
class Hooks implements Tap {
  readonly missed = 0
  readonly #options: BrokerOptions
  readonly #logger: Logger

  constructor(options: BrokerOptions, logger: Logger) {
    this.#options = options
    this.#logger = logger
  }

  pass(frames: Frames, from: 'in' | 'out'): void {
    const hook: FramesHook | undefined =
      from === 'in' ? this.#options.onMessage : this.#options.onSubscription
    if (hook === undefined) return
    try {
      hook(frames)
    } catch (error) {
      this.#logger.error({ error }, 'the hook of a broker has thrown')
    }
  }

  async close(): Promise<void> {}
}
