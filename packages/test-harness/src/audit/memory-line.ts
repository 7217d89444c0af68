import type { HostProcess } from './host-process.js'
import type { Line } from './line.js'
import type { Mischief, Tampering } from './orders.js'

/** The same, before a member of a simulation: done by the process that simulates. */
export class MemoryLine implements Line {
  /** A simulation counts no bytes: what is asked for has passed. */
  get forwarded(): number {
    return Number.POSITIVE_INFINITY
  }

  readonly isFusePending = false
  readonly #host: HostProcess
  readonly #member: number

  constructor(host: HostProcess, member: number) {
    this.#host = host
    this.#member = member
  }

  cut(): Promise<void> {
    return this.#do('cut')
  }

  /** A simulation counts no bytes: the cut comes when the order does, which is in the midst of something as well. */
  cutAfter(): void {
    void this.cut()
  }

  darken(): Promise<void> {
    return this.#do('darken')
  }

  lighten(): Promise<void> {
    return this.#do('lighten')
  }

  freeze(): Promise<void> {
    return this.#tamper({ how: 'withhold' })
  }

  strand(): Promise<void> {
    return this.#do('cut')
  }

  deliver(): Promise<void> {
    return this.#tamper({ how: 'release' })
  }

  /** Whoever kills a host of the simulation has closed it. */
  async close(): Promise<void> {}

  #do(mischief: Mischief): Promise<void> {
    return this.#host.ask({ kind: 'mischief', member: this.#member, mischief })
  }

  #tamper(tampering: Tampering): Promise<void> {
    return this.#host.ask({ kind: 'tamper', member: this.#member, tampering })
  }
}
