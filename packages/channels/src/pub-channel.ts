import { setImmediate as nextTurn } from 'node:timers/promises'
import { SkeinError } from '@skein/core'
import { checkNames, Fifo, invalidOption } from '@skein/core/internal'
import { awaited } from './awaited.js'
import { Channel } from './channel.js'
import { type ChannelType, checkType, type Format, formatOf, type MessageOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import type { Parts } from './package.js'
import { isCount } from './read.js'
import { checkWait, type WaitOptions } from './settings.js'

export interface PubOptions<T extends ChannelType> {
  /** @default 'text' */
  readonly type?: T | undefined
}

const NAMES = ['type']

/** Who awaits one sending after the other would keep the event loop from all else: after so many it gets its turn. */
const SENT_IN_A_ROW = 256

interface Waiting {
  readonly parts: Parts
  readonly resolve: () => void
  readonly reject: (error: SkeinError) => void
}

/** Sends messages to every `SubChannel` of its name and type in other contexts. */
export class PubChannel<T extends ChannelType = 'text'> extends Channel {
  readonly type: T
  readonly #format: Format<MessageOf[T]>
  /** What those who are in sync mode have read, by the ids of their contexts, and how far ahead of that we may be. */
  readonly #readers = new Map<string, { taken: number; readonly window: number }>()
  readonly #waiting = new Fifo<Waiting>()
  #sent = 0

  /** @throws ERR_INVALID_OPTION, if the context has a PubChannel of this name and type, too */
  constructor(context: ChannelNode, name: string, options: PubOptions<T> = {}) {
    checkNames(options, NAMES)
    const type = checkType(options.type)
    super(context, name, type, 'pubsub')
    this.type = type
    this.#format = formatOf(type)
    this.router.addSender(this)
    this.changed()
  }

  /** In how many other contexts somebody listens, as far as is known here. */
  get subscribers(): number {
    return this.router.graph.interested(this.key).size
  }

  /**
   * Resolves when so many other contexts listen, as far as is known here: what is sent from then on reaches them, unless
   * they have closed meanwhile.
   *
   * @param count @default 1
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async waitForSubscribers(count = 1, options?: WaitOptions): Promise<void> {
    if (!isCount(count, 1)) throw invalidOption('count', count, 'a whole number of 1 or more')
    const wait = checkWait(options)
    const look = (): true | undefined => {
      if (this.isClosed) throw this.#closedError()
      return this.subscribers >= count || undefined
    }
    await awaited(look, {
      ...wait,
      clock: this.router.settings.clock,
      watch: (fn) => this.router.watch(fn),
      missing: () => `${this.subscribers} of ${count} have subscribed to ${this.name}`,
    })
  }

  /**
   * Sends a message. Resolves when the context has taken it; while a subscriber in sync mode has as many messages unread
   * as its queue holds, that waits until it has read some.
   *
   * @throws ERR_INVALID_OPTION if it is not of the channel's type, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, ERR_CLOSED
   */
  async send(message: MessageOf[T]): Promise<void> {
    if (this.isClosed) throw this.#closedError()
    const parts = this.#format.encode(message)
    if (this.#waiting.length === 0 && this.#mayPublish()) {
      this.router.publish(this.key, parts)
      this.#sent += 1
      if (this.#sent % SENT_IN_A_ROW === 0) await nextTurn()
      return
    }
    await new Promise<void>((resolve, reject) => this.#waiting.push({ parts, resolve, reject }))
  }

  /** @internal A subscriber in sync mode has read everything up to this number. */
  taken(context: string, seq: number): void {
    const reader = this.#readers.get(context)
    if (reader === undefined || seq <= reader.taken) return
    reader.taken = seq
    this.#go()
  }

  /** @internal */
  changed(): void {
    const interested = this.router.graph.interested(this.key)
    for (const context of this.#readers.keys())
      if ((interested.get(context) ?? 0) === 0) this.#readers.delete(context)
    for (const [context, window] of interested) {
      if (window === 0 || this.#readers.get(context)?.window === window) continue
      this.#readers.set(context, { taken: this.router.last(this.key), window })
    }
    this.#go()
  }

  protected override closed(): void {
    this.router.remove(this)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      next.reject(this.#closedError())
  }

  #mayPublish(): boolean {
    const last = this.router.last(this.key)
    for (const { taken, window } of this.#readers.values()) if (last - taken >= window) return false
    return true
  }

  #go(): void {
    while (this.#waiting.length > 0 && this.#mayPublish()) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.router.publish(this.key, next.parts)
      next.resolve()
    }
  }

  #closedError(): SkeinError {
    return new SkeinError('ERR_CLOSED', `${this.name} was closed`)
  }
}
