import { SkeinError } from '@skein/core'
import { checkNames, invalidOption } from '@skein/core/internal'
import { awaited } from './awaited.js'
import { Channel } from './channel.js'
import type { Interest } from './graph.js'
import { type ChannelType, checkType, type Format, formatOf, type MessageOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import type { Parts } from './package.js'
import { checkQueue, PolicyQueue, type QueueParams } from './policy-queue.js'
import { checkWait, type Wait, type WaitOptions } from './settings.js'

export interface SubOptions<T extends ChannelType> {
  /** @default 'text' */
  readonly type?: T | undefined
  /** Of the messages that wait to be read. @default the context's */
  readonly queue?: QueueParams | undefined
  /**
   * Whether senders wait while the queue is full, rather than that messages are discarded. Each may be ahead of the reader
   * by as many messages as the queue holds.
   * @default false
   */
  readonly sync?: boolean | undefined
}

const NAMES = ['type', 'queue', 'sync']

interface Received<M> {
  readonly message: M
  readonly source: string
  readonly seq: number
  /** Counts all messages that arrive in this thread. */
  readonly arrival: number
}

let arrivals = 0

/** Receives what every `PubChannel` of its name and type in other contexts sends. */
export class SubChannel<T extends ChannelType = 'text'> extends Channel {
  /** @internal */
  readonly interest: Interest
  readonly type: T
  readonly #format: Format<MessageOf[T]>
  readonly #queue: PolicyQueue<Received<MessageOf[T]>>
  readonly #watchers = new Set<() => void>()
  /** Of each sender, in sync mode: up to which number it was read, and up to which it was told so. */
  readonly #taken = new Map<string, { read: number; told: number }>()
  readonly #tellEvery: number
  /** Of each sender, in sync mode: the number of what came last. */
  readonly #last = new Map<string, number>()

  /** @throws ERR_INVALID_OPTION, if the context has a SubChannel of this name and type, too */
  constructor(context: ChannelNode, name: string, options: SubOptions<T> = {}) {
    checkNames(options, NAMES)
    const { sync = false } = options
    const type = checkType(options.type)
    super(context, name, type, 'pubsub')
    if (typeof sync !== 'boolean') throw invalidOption('sync', sync, 'true or false')
    const queue = checkQueue(options.queue, this.router.settings.queue)
    this.type = type
    this.#format = formatOf(type)
    this.#queue = new PolicyQueue(queue, !sync)
    this.interest = { key: this.key, window: sync ? queue[0] : 0 }
    this.#tellEvery = Math.max(1, Math.floor(queue[0] / 4))
    this.router.addReceiver(this)
  }

  /** How many messages wait to be read. */
  get pending(): number {
    return this.#queue.length
  }

  /** How many were discarded because the queue was full. */
  get discarded(): number {
    return this.#queue.discarded
  }

  /** @internal The number of the arrival of the next message, if there is one. */
  get arrival(): number | undefined {
    return this.#queue.first?.arrival
  }

  /** The next message, if one waits. */
  poll(): MessageOf[T] | undefined {
    return this.take()?.message
  }

  /** @internal The same, where a message may be undefined. */
  take(): { readonly message: MessageOf[T] } | undefined {
    const received = this.#queue.shift()
    if (received !== undefined) this.#read(received)
    return received
  }

  /**
   * The next message, once it is there.
   *
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_INVALID_OPTION, ERR_CLOSED if the channel is closed first; what waits then can
   *   still be read
   */
  async recv(options?: WaitOptions): Promise<MessageOf[T]> {
    const wait = checkWait(options)
    const { message } = this.#next() ?? (await this.#coming(wait))
    return message
  }

  /** All messages, those that wait first, until the channel is closed and no more wait. */
  async *[Symbol.asyncIterator](): AsyncGenerator<MessageOf[T], void, undefined> {
    while (!this.isClosed || this.pending > 0) {
      try {
        yield await this.recv()
      } catch (error) {
        if (this.isClosed && error instanceof SkeinError && error.code === 'ERR_CLOSED') return
        throw error
      }
    }
  }

  /** @internal Calls back when a message waits, or the channel was closed. */
  watch(fn: () => void): () => void {
    this.#watchers.add(fn)
    return () => void this.#watchers.delete(fn)
  }

  /** @internal What a sender was told last may be lost with whoever was to pass it on. */
  changed(): void {
    const { graph } = this.router
    for (const [source, { read }] of this.#taken)
      if (graph.reaches(source)) this.router.tellTaken(source, this.key, read)
      else if (!graph.knows(source)) {
        this.#taken.delete(source)
        this.#last.delete(source)
      }
  }

  /** @internal */
  receive(source: string, seq: number, parts: Parts): boolean {
    let message: MessageOf[T]
    try {
      message = this.#format.decode(parts)
    } catch {
      return false
    }
    if (this.interest.window > 0) this.#last.set(source, seq)
    this.#queue.push({ message, source, seq, arrival: ++arrivals })
    this.#notify()
    return true
  }

  protected override closed(): void {
    // What waits here is for nobody else: a successor has a whole queue.
    for (const [source, seq] of this.#last) this.router.tellTaken(source, this.key, seq)
    this.router.remove(this)
    this.#notify()
  }

  #notify(): void {
    if (this.#watchers.size > 0) for (const fn of this.#watchers) fn()
  }

  #next(): { readonly message: MessageOf[T] } | undefined {
    const received = this.take()
    if (received === undefined && this.isClosed) throw this.#closedError()
    return received
  }

  #coming(wait: Wait): Promise<{ readonly message: MessageOf[T] }> {
    return awaited(() => this.#next(), {
      ...wait,
      clock: this.router.settings.clock,
      watch: (fn) => this.watch(fn),
      missing: () => `no message has come on ${this.name}`,
    })
  }

  /** In sync mode its sender is told, now and then, how far it was read. */
  #read({ source, seq }: Received<MessageOf[T]>): void {
    if (this.interest.window === 0 || this.isClosed) return
    const { told } = this.#taken.get(source) ?? { told: seq - 1 }
    const isDue = seq - told >= this.#tellEvery
    this.#taken.set(source, { read: seq, told: isDue ? seq : told })
    if (isDue) this.router.tellTaken(source, this.key, seq)
  }

  #closedError(): SkeinError {
    return new SkeinError('ERR_CLOSED', `${this.name} was closed`)
  }
}
