import { type Clock, defaultLiveness } from '@skein/core/internal'
import type { Graph } from './graph.js'
import type { ContextSettings } from './settings.js'
import { type Arrival, Window } from './window.js'

/** For connections to be made anew, and what has waited to come, in milliseconds. */
const GAP_SLACK = 1000

/** Those of contexts that can't be reached are kept for when they come back, so many in all. */
const MOST_WINDOWS = 10_000

interface Entry {
  readonly source: string
  readonly key: string
  readonly window: Window
}

/** The windows of all sources on all channels. */
export class Windows {
  readonly #clock: Clock
  readonly #gapTimeout: number
  readonly #release: (arrival: Arrival) => void
  readonly #all = new Map<string, Entry>()

  constructor({ clock, liveness }: ContextSettings, release: (arrival: Arrival) => void) {
    // What is on a way that is interrupted comes when that is mended, or not any more when its end is certain.
    const { heartbeatTimeout, suspicion } = { ...defaultLiveness, ...liveness }
    this.#clock = clock
    this.#gapTimeout = heartbeatTimeout + suspicion + GAP_SLACK
    this.#release = release
  }

  take(arrival: Arrival, graph: Graph): void {
    const { source, key } = arrival.package
    const name = `${source} ${key}`
    let entry = this.#all.get(name)
    if (entry === undefined) {
      entry = { source, key, window: new Window(this.#clock, this.#gapTimeout, this.#release) }
      this.#all.set(name, entry)
      if (this.#all.size > MOST_WINDOWS) this.#forget(graph.reachable())
    }
    entry.window.take(arrival, graph.waysTo(source))
  }

  /** This context begins to want a channel. */
  anew(wanted: string): void {
    for (const { key, window } of this.#all.values()) if (key === wanted) window.anew()
  }

  /** The network has changed, and these are reached. */
  changed(reached: ReadonlySet<string>): void {
    for (const { source, window } of this.#all.values()) if (!reached.has(source)) window.anew()
  }

  /** Nothing is waited for any more. */
  rest(): void {
    for (const { window } of this.#all.values()) window.close()
  }

  /** The oldest one of a source that is not reached. */
  #forget(reached: ReadonlySet<string>): void {
    for (const [name, { source, window }] of this.#all) {
      if (reached.has(source)) continue
      window.close()
      this.#all.delete(name)
      return
    }
  }
}
