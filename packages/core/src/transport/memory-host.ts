import type { Clock, Timer } from '../clock.js'

/**
 * A process in the simulation, as far as the network sees it: JavaScript that may be busy, and I/O below it that may be
 * stopped.
 */
export class MemoryHost {
  readonly name: string
  readonly #clock: Clock
  readonly #backlog: (() => void)[] = []
  #state: 'running' | 'stalled' | 'frozen' | 'dead' = 'running'
  #drain: Timer | undefined

  constructor(name: string, clock: Clock) {
    this.name = name
    this.#clock = clock
  }

  get frozen(): boolean {
    return this.#state === 'frozen'
  }

  get dead(): boolean {
    return this.#state === 'dead'
  }

  /** Runs a callback of this host's JavaScript: now, or after those that wait for a stall to end. */
  run(callback: () => void): void {
    if (this.#state === 'dead') return
    if (this.#state === 'running' && this.#backlog.length === 0) callback()
    else this.#backlog.push(callback)
  }

  pause(how: 'stalled' | 'frozen'): void {
    if (this.#state === 'dead') return
    this.#state = how
    this.#drain?.cancel()
  }

  /** What has waited runs in one burst, in order. */
  resume(): void {
    if (this.#state !== 'stalled' && this.#state !== 'frozen') return
    this.#state = 'running'
    this.#drain = this.#clock.after(0, () => {
      while (this.#state === 'running') {
        const callback = this.#backlog.shift()
        if (callback === undefined) return
        callback()
      }
    })
  }

  /** Nothing of it runs any more. */
  kill(): void {
    this.#state = 'dead'
    this.#backlog.length = 0
    this.#drain?.cancel()
  }
}
