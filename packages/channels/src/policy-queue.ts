import { Fifo, invalidOption } from '@skein/core/internal'

/** What a full queue discards: its oldest message, or the newest, which is the one that comes. */
export type QueuePolicy = 'old' | 'new'

/** How many messages a queue holds, and what it discards when it is full. */
export type QueueParams = readonly [size: number, policy: QueuePolicy]

export const DEFAULT_QUEUE: QueueParams = [10_000, 'old']

/** @throws ERR_INVALID_OPTION */
export function checkQueue(given: unknown, otherwise: QueueParams): QueueParams {
  if (given === undefined) return otherwise
  if (Array.isArray(given) && given.length === 2) {
    const [size, policy]: unknown[] = given
    if (Number.isSafeInteger(size) && Number(size) > 0 && (policy === 'old' || policy === 'new'))
      return [Number(size), policy]
  }
  const shown = Array.isArray(given) ? `[${given.map(String).join(', ')}]` : given
  throw invalidOption('queue', shown, "[size, policy]: a whole number of 1 or more, and 'old' or 'new'")
}

/** A queue that discards, by its policy, what it has no room for. */
export class PolicyQueue<T> {
  readonly #params: QueueParams
  #items = new Fifo<T>()
  #isBounded: boolean
  #discarded = 0

  /** @param isBounded whether the bound holds from the beginning */
  constructor(params: QueueParams, isBounded = true) {
    this.#params = params
    this.#isBounded = isBounded
  }

  get length(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items.at(0)
  }

  /** How many it had no room for. */
  get discarded(): number {
    return this.#discarded
  }

  get bounded(): boolean {
    return this.#isBounded
  }

  /** Whether the bound holds. When it begins to, what is over it is discarded. */
  set bounded(on: boolean) {
    this.#isBounded = on
    if (!on || this.length <= this.#params[0]) return
    const items = this.#items
    this.#items = new Fifo()
    for (let item = items.shift(); item !== undefined; item = items.shift()) this.push(item)
  }

  /** @returns whether it was taken */
  push(item: T): boolean {
    const [size, policy] = this.#params
    if (this.#isBounded && this.length >= size) {
      this.#discarded += 1
      if (policy === 'new') return false
      this.#items.shift()
    }
    this.#items.push(item)
    return true
  }

  shift(): T | undefined {
    return this.#items.shift()
  }

  /** Takes out those for which `matches` holds, in their order. */
  extract(matches: (item: T) => boolean): T[] {
    const taken: T[] = []
    for (let left = this.length; left > 0; left--) {
      const item = this.#items.shift()
      if (item === undefined) break
      if (matches(item)) taken.push(item)
      else this.#items.push(item)
    }
    return taken
  }
}
