import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two looks at the event loop: finer costs more wake-ups, and what is shorter disturbs nobody. */
const RESOLUTION = 20

// A histogram is a native timer. However many runtimes a thread holds, its event loop is one.
let histogram: IntervalHistogram | undefined
const watching = new Set<LoopDelay>()

/** The longest time that this thread's event loop was held up by one thing, between `start` and `stop`. */
export class LoopDelay {
  #longest = 0

  start(): void {
    if (watching.has(this)) return
    if (histogram === undefined) {
      histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
      histogram.enable()
    } else {
      // What was before this one is none of its own. The interval that is just running is lost to all by that.
      for (const each of watching) each.#look()
      histogram.reset()
    }
    watching.add(this)
  }

  stop(): void {
    this.#look()
    watching.delete(this)
    if (watching.size > 0) return
    histogram?.disable()
    histogram = undefined
  }

  /** Milliseconds. */
  get longest(): number {
    this.#look()
    return this.#longest
  }

  #look(): void {
    if (histogram === undefined || !watching.has(this)) return
    // It counts the interval itself, and is below it while it is empty.
    this.#longest = Math.max(this.#longest, histogram.max / 1e6 - RESOLUTION)
  }
}
