import { type Check, checkCount, checkOptions, flag, timeLimit } from './options.js'
import type { RunSettings } from './pool-run.js'

/** What `map` goes through. */
export type Items<Item> = Iterable<Item | PromiseLike<Item>> | AsyncIterable<Item>

export interface MapOptions {
  /**
   * How many items each worker has at a time.
   * @default 2: the next one is there when one is done, so that no worker waits for the network. Take 1 where an item
   * takes long and there are few of them, more where the worker itself waits for something.
   */
  readonly concurrency?: number | undefined
  /**
   * Whether results come in the order of their items, or as they are done.
   * @default true
   */
  readonly ordered?: boolean | undefined
  /**
   * How many items may be begun whose results were not taken yet: bounds the memory, and how far others get ahead of a
   * slow item.
   * @default 4 for each item that the workers have at a time
   */
  readonly lookahead?: number | undefined
  /**
   * Milliseconds that a worker may be stalled, busy beyond what its peers can see, or out of reach from here. Longer, and
   * others get what it would have got; of what it has, only what is `idempotent`. It goes on when it is back.
   * @default Infinity: whoever is busy is waited for, and so is whoever is unreachable
   */
  readonly stallLimit?: number | undefined
  /**
   * Whether it does no harm if an item is done twice: then the items of a worker that is stalled for longer than
   * `stallLimit` are given to others as well, and of each the first result counts.
   * @default false
   */
  readonly idempotent?: boolean | undefined
}

/** @throws ERR_INVALID_OPTION */
export function settingsOf(options: MapOptions): RunSettings {
  const checked = checkOptions(options, MAP_CHECKS)
  const { concurrency = 2, lookahead, ordered = true, idempotent = false } = checked
  const { stallLimit = Number.POSITIVE_INFINITY } = checked
  return { concurrency, lookahead, ordered, stallLimit, idempotent }
}

const MAP_CHECKS: Readonly<Record<keyof MapOptions, Check>> = {
  concurrency: checkCount,
  ordered: flag,
  lookahead: checkCount,
  stallLimit: timeLimit,
  idempotent: flag,
}

/** One iterator for both kinds. */
export async function* each<Item>(items: Items<Item>): AsyncGenerator<Item> {
  yield* items as AsyncIterable<Item>
}

export function isIterable(items: unknown): boolean {
  if (typeof items === 'string') return true
  return (
    typeof items === 'object' && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items)
  )
}
