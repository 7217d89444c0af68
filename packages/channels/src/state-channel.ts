import { SkeinError } from '@skein/core'
import { checkNames, invalidOption } from '@skein/core/internal'
import { awaited } from './awaited.js'
import { Channel } from './channel.js'
import type { Interest } from './graph.js'
import { type ChannelType, checkType, type Format, formatOf, type MessageOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import { copyOf, type Parts } from './package.js'
import { partsOf } from './parts-of.js'
import { checkWait, type WaitOptions } from './settings.js'
import type { States } from './states.js'

export interface StateOptions<T extends ChannelType> {
  /** @default 'text' */
  readonly type?: T | undefined
  /** Told of each value that another context has set, and that holds here from now on. */
  readonly changed?: ((value: MessageOf[T]) => void) | undefined
}

const NAMES = ['type', 'changed']

/**
 * A value that all channels of its name and type come to agree on: the last one that was set. Who joins later gets it
 * too. Of two that were set while neither was known to the other, all choose the same.
 */
export class StateChannel<T extends ChannelType = 'text'> extends Channel {
  readonly type: T
  /** @internal */
  readonly interest: Interest
  readonly #format: Format<MessageOf[T]>
  readonly #states: States
  readonly #watchers = new Set<() => void>()
  readonly #changed: ((value: MessageOf[T]) => void) | undefined

  /** @throws ERR_INVALID_OPTION, if the context has a StateChannel of this name and type, too */
  constructor(context: ChannelNode, name: string, options: StateOptions<T> = {}) {
    checkNames(options, NAMES)
    const { changed } = options
    if (changed !== undefined && typeof changed !== 'function')
      throw invalidOption('changed', changed, 'a function')
    const type = checkType(options.type)
    super(context, name, type, 'state')
    this.type = type
    this.#format = formatOf(type)
    this.#states = partsOf(context).states
    this.#changed = changed
    this.interest = { key: this.key, window: 0 }
    this.router.addReceiver(this)
  }

  /**
   * Sets the value.
   *
   * @throws ERR_INVALID_OPTION if it is not of the channel's type, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, ERR_CLOSED
   */
  send(value: MessageOf[T]): void {
    if (this.isClosed) throw new SkeinError('ERR_CLOSED', `${this.name} was closed`)
    this.#states.set(this.key, this.#format.encode(value))
    this.#notify()
  }

  /** The value that holds as far as is known here; undefined if none was ever set. Each call gives a copy. */
  recv(): MessageOf[T] | undefined {
    const held = this.#states.get(this.key)
    return held === undefined ? undefined : this.#format.decode(copyOf(held.parts))
  }

  /**
   * The value that holds, as soon as there is one.
   *
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_INVALID_OPTION, ERR_CLOSED
   */
  async ready(options?: WaitOptions): Promise<MessageOf[T]> {
    const wait = checkWait(options)
    const look = (): { readonly value: MessageOf[T] } | undefined => {
      const held = this.#states.get(this.key)
      if (held !== undefined) return { value: this.#format.decode(copyOf(held.parts)) }
      if (this.isClosed) throw new SkeinError('ERR_CLOSED', `${this.name} was closed`)
      return undefined
    }
    const { value } = await awaited(look, {
      ...wait,
      clock: this.router.settings.clock,
      watch: (fn) => this.#watch(fn),
      missing: () => `${this.name} has no value yet`,
    })
    return value
  }

  /** @internal */
  receive(_: string, __: number, parts: Parts): boolean {
    let value: MessageOf[T]
    try {
      value = this.#format.decode(copyOf(parts))
    } catch {
      return false
    }
    // Not at once: it holds here when all of this turn's work is done, and what is told may throw.
    queueMicrotask(() => {
      if (this.#changed !== undefined) this.#tell(value)
      this.#notify()
    })
    return true
  }

  protected override closed(): void {
    this.router.remove(this)
    this.#notify()
  }

  #watch(fn: () => void): () => void {
    this.#watchers.add(fn)
    return () => void this.#watchers.delete(fn)
  }

  #notify(): void {
    for (const fn of this.#watchers) fn()
  }

  #tell(value: MessageOf[T]): void {
    try {
      this.#changed?.(value)
    } catch (error) {
      this.router.settings.logger.error({ channel: this.key, error }, 'a listener has thrown')
    }
  }
}
