import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { types } from 'node:util'
import type { Incoming } from '@skein/core'
import { isBuiltIn, type Middleware, type Next } from './dispatcher.js'

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

/** Milliseconds between two looks at the event loop: finer costs more wake-ups, and what is shorter disturbs nobody. */
const RESOLUTION = 20

/** Counts what a runtime serves. */
export class Stats {
  #begun = 0
  #served = 0
  #errors = 0
  #delay: IntervalHistogram | undefined

  start(): void {
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delay.enable()
  }

  stop(): void {
    this.#delay?.disable()
  }

  /** Calls that have begun and not ended. */
  get running(): number {
    return this.#begun - this.#served
  }

  read(): RuntimeStats {
    // The histogram counts the interval itself, and calls an empty one 0.
    const busiest = Math.max(0, (this.#delay?.max ?? 0) / 1e6 - RESOLUTION)
    return { served: this.#served, errors: this.#errors, busiest }
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
