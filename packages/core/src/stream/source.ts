import { types } from 'node:util'
import { isThenable } from '../thenable.js'
import type { StreamSource } from '../wire/codec.js'
import { isStream } from '../wire/exporters.js'
import type { Run } from './ports.js'

type SourceIterator = AsyncIterator<unknown> | Iterator<unknown, unknown, undefined>

type State = { kind: 'idle' } | { kind: 'running'; iterator: SourceIterator } | { kind: 'over' }

/** What a stream is made of, iterated as `for await` would: `return` is called once, unless it has ended by itself. */
export class Source {
  readonly #run: Run
  /** Let go of when it is over: whoever offered it may hold the stream for longer. */
  #source: StreamSource | undefined
  #state: State = { kind: 'idle' }

  constructor(source: StreamSource, run: Run = (fn) => fn()) {
    this.#source = source
    this.#run = run
  }

  /** What it is made of, until it is over. */
  get origin(): StreamSource | undefined {
    return this.#source
  }

  /** Runs a function where the iterator is to run. */
  within(fn: () => void): void {
    this.#run(fn)
  }

  /**
   * The next result or a promise of it; throws what the iterator throws. To be called from within: to enter that for each
   * item would take as long as to make it.
   */
  next(): unknown {
    const result: unknown = this.#iterator()?.next()
    return isSettled(result) && types.isPromise(result.value) ? this.#await(result) : result
  }

  /** It has returned or thrown: there is nothing left to return. */
  ended(): void {
    this.#state = { kind: 'over' }
    this.#source = undefined
  }

  /** Nobody wants more of it. What its end brings is of no interest, and nobody waits for it. */
  stop(): void {
    if (this.#state.kind === 'over') return
    const begun = this.#state.kind === 'running'
    const source = this.#source
    try {
      this.#run(() => {
        const returned: unknown = this.#iterator()?.return?.()
        if (isThenable(returned)) returned.then(nothing, nothing)
        if (!begun) destroy(source)
      })
    } catch {
      // It ends all the same.
    }
    this.ended()
  }

  #iterator(): SourceIterator | undefined {
    if (this.#state.kind === 'running') return this.#state.iterator
    if (this.#state.kind === 'over' || this.#source === undefined) return undefined
    const source = this.#source
    const iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    this.#state = { kind: 'running', iterator }
    return iterator
  }

  /** A generator that is not async may yield promises: their values are the items. */
  async #await(result: { readonly done?: unknown; readonly value?: unknown }): Promise<unknown> {
    try {
      return { done: result.done, value: await result.value }
    } catch (error) {
      this.stop() // it does not know that what it yielded has failed
      throw error
    }
  }
}

/** Ends what was to be a stream and is never read, if a value is such a thing. */
export function discard(value: unknown): void {
  if (typeof value === 'object' && value !== null && isStream(value)) new Source(value).stop()
}

/** The iterator of Node's streams ignores `return` before the first `next`. */
function destroy(source: unknown): void {
  if (typeof source !== 'object' || source === null || !('pipe' in source) || !('destroy' in source)) return
  if (typeof source.destroy === 'function') source.destroy()
}

/** Of an iterator that is not async. */
function isSettled(result: unknown): result is { readonly done?: unknown; readonly value?: unknown } {
  return typeof result === 'object' && result !== null && 'value' in result
}

function nothing(): void {}
