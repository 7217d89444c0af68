import { type Check, checkCount, checkOptions, flag } from './options.js'
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
}

/** @throws ERR_INVALID_OPTION */
export function settingsOf(options: MapOptions): RunSettings {
  const { concurrency = 2, lookahead, ordered = true } = checkOptions(options, MAP_CHECKS)
  return { concurrency, lookahead, ordered }
}

const MAP_CHECKS: Readonly<Record<keyof MapOptions, Check>> = {
  concurrency: checkCount,
  ordered: flag,
  lookahead: checkCount,
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
