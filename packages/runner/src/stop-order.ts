import { deferred } from './deferred.js'

/** That a job is to end, and how: told by whoever may say so, heeded by the job. */
export class StopOrder {
  readonly #code = deferred<number>()
  readonly #drop = new AbortController()
  #drain: number | undefined
  #given = false

  /** The exit code that came with the first order. */
  get code(): Promise<number> {
    return this.#code.promise
  }

  /** Aborted when there is no time for farewells. */
  get dropped(): AbortSignal {
    return this.#drop.signal
  }

  /** How long what runs may take, in milliseconds, where the first order has said so. */
  get drain(): number | undefined {
    return this.#drain
  }

  /**
   * What runs may end, and the peers are told.
   *
   * @param drain milliseconds that it may take @default what the job itself thinks right
   */
  stop(code: number, drain?: number): void {
    if (this.#given) return
    this.#given = true
    this.#drain = drain
    this.#code.resolve(code)
  }

  /** Sockets are closed at once, also while a stop is under way: to the peers it looks like a crash. */
  drop(code: number): void {
    this.#given = true
    this.#code.resolve(code)
    this.#drop.abort()
  }
}
