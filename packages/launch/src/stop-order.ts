import { deferred } from './deferred.js'

/** That a runtime is to end, and how: told by whoever may say so, heeded by `runRuntime`. */
export class StopOrder {
  readonly #code = deferred<number>()
  readonly #drop = new AbortController()

  /** The exit code that came with the first order. */
  get code(): Promise<number> {
    return this.#code.promise
  }

  /** Aborted when there is no time for farewells. */
  get dropped(): AbortSignal {
    return this.#drop.signal
  }

  /** What runs may finish, and the peers are told. */
  stop(code: number): void {
    this.#code.resolve(code)
  }

  /** Sockets are closed at once, also while a stop is under way: to the peers it looks like a crash. */
  drop(code: number): void {
    this.#code.resolve(code)
    this.#drop.abort()
  }
}
