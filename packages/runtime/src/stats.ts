import { types } from 'node:util'
import type { Incoming } from '@skein/core'
import { isBuiltIn, type Middleware, type Next } from './dispatcher.js'
import { LoopDelay } from './loop-delay.js'

/** The built-in service that tells what a runtime has done. */
export const STATS = 'skein.stats'

/** What a runtime has done since it started. */
export interface RuntimeStats {
  /** Calls of its services and objects that have ended, those of built-in services left out. */
  readonly served: number
  /** How many of them threw. */
  readonly errors: number
  /** The longest time, in milliseconds, that its event loop was busy with one thing. */
  readonly busiest: number
}

/** `skein.stats`, as seen through a proxy. */
export interface StatsService {
  read(): RuntimeStats
}

/** Counts what a runtime serves. */
export class Stats {
  #begun = 0
  #served = 0
  #errors = 0
  readonly #delay = new LoopDelay()

  start(): void {
    this.#delay.start()
  }

  stop(): void {
    this.#delay.stop()
  }

  /** Calls that have begun and not ended. */
  get running(): number {
    return this.#begun - this.#served
  }

  read(): RuntimeStats {
    return { served: this.#served, errors: this.#errors, busiest: this.#delay.longest }
  }

  readonly middleware: Middleware = (request: Incoming, next: Next): unknown => {
    if (isBuiltIn(request)) return next(request)
    this.#begun += 1
    let result: unknown
    try {
      result = next(request)
    } catch (error) {
      this.#failed()
      throw error
    }
    if (types.isPromise(result)) result.then(this.#ended, this.#failed)
    else this.#ended()
    return result
  }

  readonly #ended = (): void => {
    this.#served += 1
  }

  readonly #failed = (): void => {
    this.#served += 1
    this.#errors += 1
  }
}
