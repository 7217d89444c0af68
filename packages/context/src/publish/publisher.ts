import { SkeinError } from '@skein/core'
import { checkOptions, checkTimeout, invalidOption } from '@skein/core/internal'
import { defaults, type PublisherOptions, WAIT_CHECKS } from '../options.js'
import { Payload, type Purpose } from '../payload/payload.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import type { Outlet } from './outlet.js'
import type { Outlets } from './outlets.js'

export interface WaitOptions {
  /** Milliseconds; Infinity for no deadline. @default 30_000 */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Publishes one topic: to Subscribers and any SUB. Made by `Context.addPub`. */
export class Publisher<M = unknown> {
  readonly topic: string
  readonly #outlet: Outlet
  readonly #payload: Payload<M, unknown>
  readonly #topicFrame: Buffer
  readonly #purpose: Purpose
  readonly #onClose: () => Promise<void>
  #closed = false

  /** @internal */
  constructor(outlet: Outlet, topic: string, payload: Payload<M, unknown>, onClose: () => Promise<void>) {
    this.topic = topic
    this.#outlet = outlet
    this.#payload = payload
    this.#topicFrame = Buffer.from(topic)
    this.#purpose = { what: 'message', address: outlet.endpoint }
    this.#onClose = onClose
  }

  /** @internal */
  static async open<M>(
    endpoint: string,
    topic: string,
    options: PublisherOptions<M>,
    surroundings: Surroundings,
    outlets: Outlets,
  ): Promise<Publisher<M>> {
    const settings = settleEndpoint(endpoint, options, surroundings, true, ['codec', 'type'])
    const payload = new Payload(settings.codec, options.type, 'type')
    if (typeof topic !== 'string') throw invalidOption('topic', topic, 'a string')
    return outlets.share(
      endpoint,
      settings,
      (outlet, onClose) => new Publisher(outlet, topic, payload, onClose),
    )
  }

  /** Where it is bound, or what it dials. */
  get endpoint(): string {
    return this.#outlet.endpoint
  }

  /** Whether somebody has subscribed to this topic. */
  get hasSubscribers(): boolean {
    return this.#outlet.subscriptions.has(this.topic)
  }

  /**
   * Resolves when somebody has subscribed: what is published before goes to nobody.
   *
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, ERR_INVALID_OPTION
   */
  async waitForSubscriber(options: WaitOptions = {}): Promise<void> {
    const { timeout, signal } = checkOptions(options, WAIT_CHECKS)
    this.#checkOpen()
    const limit = checkTimeout('timeout', timeout, defaults.timeout)
    await this.#outlet.subscriptions.wait(this.topic, limit, signal, this)
  }

  /**
   * Hands a message to all who have subscribed. Subscribers that don't keep up lose messages, here and nowhere else:
   * ZeroMQ keeps `sendHighWaterMark` of them for each.
   *
   * @throws ERR_INVALID_PAYLOAD, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, ERR_CLOSED
   */
  async publish(value: M): Promise<void> {
    this.#checkOpen()
    const packing = this.#payload.pack(value, this.#purpose)
    const payload = packing instanceof Promise ? await packing : packing
    this.#checkOpen()
    this.#outlet.send([this.#topicFrame, ...payload])
  }

  /** The endpoint is closed with its last Publisher. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#outlet.subscriptions.leave(this)
    await this.#onClose()
  }

  #checkOpen(): void {
    if (this.#closed) throw new SkeinError('ERR_CLOSED', `the publisher of ${this.topic} is closed`)
  }
}
