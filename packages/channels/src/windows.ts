import { type Clock, defaultLiveness } from '@skein/core/internal'
import type { Graph } from './graph.js'
import type { Package } from './package.js'
import type { NodeSettings } from './settings.js'
import { type Release, Window } from './window.js'

/** For connections to be made anew, and what has waited to come, in milliseconds. */
const GAP_SLACK = 1000

/** Those of contexts that can't be reached are kept for when they come back, so many in all. */
const MOST_WINDOWS = 10_000

/** The windows of all sources on all channels. */
export class Windows {
  readonly #clock: Clock
  readonly #gapTimeout: number
  readonly #release: Release
  /** By the source, and by the key of the channel. */
  readonly #all = new Map<string, Map<string, Window>>()
  #count = 0

  constructor({ clock, liveness }: NodeSettings, release: Release) {
    // What is on a way that is interrupted comes when that is mended, or not any more when its end is certain.
    const { heartbeatTimeout, suspicion } = { ...defaultLiveness, ...liveness }
    this.#clock = clock
    this.#gapTimeout = heartbeatTimeout + suspicion + GAP_SLACK
    this.#release = release
  }

  /** @param connections how many lead to whom it came from */
  take(arrived: Package, from: string, connections: number, graph: Graph): void {
    const { source, key } = arrived
    const window = this.#all.get(source)?.get(key) ?? this.#open(source, key, graph)
    window.take(arrived, from, Math.max(graph.waysTo(source), connections))
  }

  /** This context begins to want a channel. */
  anew(wanted: string): void {
    for (const ofSource of this.#all.values()) ofSource.get(wanted)?.anew()
  }

  /** The network has changed, and these are reached. */
  changed(reached: ReadonlySet<string>): void {
    for (const [source, ofSource] of this.#all)
      if (!reached.has(source)) for (const window of ofSource.values()) window.anew()
  }

  /** Nothing is waited for any more. */
  rest(): void {
    for (const ofSource of this.#all.values()) for (const window of ofSource.values()) window.close()
  }

  #open(source: string, key: string, graph: Graph): Window {
    const window = new Window(this.#clock, this.#gapTimeout, this.#release)
    const ofSource = this.#all.get(source)
    if (ofSource === undefined) this.#all.set(source, new Map([[key, window]]))
    else ofSource.set(key, window)
    this.#count += 1
    if (this.#count > MOST_WINDOWS) this.#forget(graph.reachable())
    return window
  }

  /** Those of the oldest source that is not reached. */
  #forget(reached: ReadonlySet<string>): void {
    for (const [source, ofSource] of this.#all) {
      if (reached.has(source)) continue
      for (const window of ofSource.values()) window.close()
      this.#all.delete(source)
      this.#count -= ofSource.size
      return
    }
  }
}
