import { type Logger, SkeinError } from '@skein/core'
import { Fifo, invalidOption, type PlainSocket } from '@skein/core/internal'
import { Inlet } from '../dispatch/inlet.js'
import { checkCount, checkFlag, checkTopics, defaults, type SubscriberOptions } from '../options.js'
import { Payload, type Purpose } from '../payload/payload.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'

export interface Message<M = unknown> {
  readonly topic: string
  readonly value: M
}

interface Parts<M> {
  readonly payload: Payload<unknown, M>
  readonly topics: readonly string[]
  readonly exact: boolean
  readonly handler: SubscriberOptions<M>['handler']
  readonly maxQueued: number
  readonly logger: Logger
}

/**
 * Follows topics of one endpoint: of Publishers or any PUB. Hands messages to its handler, or is iterated. Made by
 * `Context.addSub`.
 */
export class Subscriber<M = unknown> implements AsyncIterable<Message<M>> {
  readonly endpoint: string
  readonly #socket: PlainSocket
  readonly #parts: Parts<M>
  readonly #purpose: Purpose
  readonly #queue = new Fifo<Message<M>>()
  /** Iterators that wait, each for one message. */
  readonly #takers = new Fifo<(result: IteratorResult<Message<M>, undefined>) => void>()
  #detach: (() => void) | undefined
  #dropped = 0
  #invalid = 0
  #closed = false

  private constructor(socket: PlainSocket, endpoint: string, parts: Parts<M>) {
    this.endpoint = endpoint
    this.#socket = socket
    this.#parts = parts
    this.#purpose = { what: 'message', address: endpoint }
  }

  /** @internal */
  static async open<M>(
    given: string,
    options: SubscriberOptions<M>,
    surroundings: Surroundings,
  ): Promise<Subscriber<M>> {
    const names = ['codec', 'topic', 'exact', 'handler', 'maxQueued', 'type']
    const { bind, codec, logger, socketOptions } = settleEndpoint(given, options, surroundings, false, names)
    const parts: Parts<M> = {
      payload: new Payload(codec, options.type, 'type'),
      topics: checkTopics('topic', options.topic ?? ''),
      exact: checkFlag('exact', options.exact, false),
      handler: checkHandler(options.handler),
      maxQueued: checkCount('maxQueued', options.maxQueued, defaults.maxQueued),
      logger,
    }
    const socket = surroundings.space.open('sub', socketOptions)
    try {
      for (const topic of parts.topics) socket.subscribe(topic)
      const endpoint = bind ? await socket.bind(given) : given
      const subscriber = new Subscriber(socket, endpoint, parts)
      if (!bind) await socket.connect(given)
      const inlet = new Inlet(socket, { rank: 'sub', limit: 1 }, (frames) => subscriber.#received(frames))
      surroundings.dispatch.add(inlet)
      surroundings.inbound.add(subscriber)
      subscriber.#detach = () => {
        surroundings.dispatch.delete(inlet)
        surroundings.inbound.delete(subscriber)
      }
      return subscriber
    } catch (error) {
      await socket.close()
      throw error
    }
  }

  /** Messages that were dropped since nobody took them in time. */
  get dropped(): number {
    return this.#dropped
  }

  /** Messages that could not be read, or were not of the type. */
  get invalid(): number {
    return this.#invalid
  }

  /** Ends iterations, what is still queued being dropped. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true
    this.#detach?.()
    for (let take = this.#takers.shift(); take !== undefined; take = this.#takers.shift())
      take({ done: true, value: undefined })
    await this.#socket.close()
  }

  /** One message after the other, each for one iteration only. Leaving it leaves the Subscriber open. */
  [Symbol.asyncIterator](): AsyncIterator<Message<M>, undefined> {
    if (this.#parts.handler !== undefined)
      throw invalidOption('handler', this.#parts.handler, 'none for a Subscriber that is iterated')
    let begun = false
    return {
      next: async () => {
        if (this.#closed && !begun) throw this.#isClosed()
        begun = true
        return this.#take()
      },
      return: async () => ({ done: true, value: undefined }),
    }
  }

  #take(): Promise<IteratorResult<Message<M>, undefined>> {
    const message = this.#closed ? undefined : this.#queue.shift()
    if (message !== undefined) return Promise.resolve({ done: false, value: message })
    if (this.#closed) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  async #received([topicFrame, ...frames]: readonly Buffer[]): Promise<void> {
    const topic = topicFrame?.toString() ?? ''
    const { topics, exact, payload, handler, logger } = this.#parts
    if (exact && !topics.includes(topic)) return
    let value: M
    try {
      value = await payload.unpack(frames, this.#purpose)
    } catch (error) {
      this.#invalid += 1
      logger.warn({ endpoint: this.endpoint, topic, error }, 'a message was dropped')
      return
    }
    if (handler === undefined) return this.#queued({ topic, value })
    try {
      await handler(value, topic)
    } catch (error) {
      logger.error({ endpoint: this.endpoint, topic, error }, 'the handler of a message has thrown')
    }
  }

  #queued(message: Message<M>): void {
    const take = this.#takers.shift()
    if (take !== undefined) return take({ done: false, value: message })
    this.#queue.push(message)
    if (this.#queue.length <= this.#parts.maxQueued) return
    this.#queue.shift()
    this.#dropped += 1
  }

  #isClosed(): SkeinError {
    return new SkeinError('ERR_CLOSED', `the subscriber to ${this.endpoint} is closed`, {
      address: this.endpoint,
    })
  }
}

function checkHandler<H>(given: H): H {
  if (given === undefined || typeof given === 'function') return given
  throw invalidOption('handler', given, 'a function')
}
