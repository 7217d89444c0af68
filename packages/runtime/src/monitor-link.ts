import type { DirectoryEntry, PeerChange } from '@skein/core'
import { type Clock, systemClock, type Timer } from '@skein/core/internal'

/** Opens a link to whoever answers at an address, and resolves with its uid. */
export interface Dialling {
  connect(address: string): Promise<string>
}

/** Asks the directory of a monitor for a runtime. */
export type LookUp = (monitor: string, uid: string) => Promise<DirectoryEntry | undefined>

/** Milliseconds until a monitor that is gone is dialled again: it may be starting, and nothing waits for it. */
const REDIAL = 1000

/**
 * The link to the monitor, which introduces this runtime to the others. When the monitor is gone it is dialled until it
 * is there again; what was linked before goes on without it.
 */
export class MonitorLink {
  readonly #comms: Dialling
  readonly #address: string
  readonly #lookUp: LookUp
  readonly #clock: Clock
  #uid: string | undefined
  #redial: Timer | undefined
  #closed = false

  constructor(comms: Dialling, address: string, lookUp: LookUp, clock: Clock = systemClock) {
    this.#comms = comms
    this.#address = address
    this.#lookUp = lookUp
    this.#clock = clock
  }

  /** The monitor's uid; undefined before it was reached. */
  get uid(): string | undefined {
    return this.#uid
  }

  /** @throws as `CommsManager.connect` */
  async connect(): Promise<void> {
    this.#uid = await this.#comms.connect(this.#address)
  }

  /** Asks the monitor for a runtime that isn't known here. */
  async find(uid: string): Promise<DirectoryEntry | undefined> {
    if (this.#uid === undefined || uid === this.#uid) return undefined
    return this.#lookUp(this.#uid, uid)
  }

  /** A peer has changed. */
  changed({ uid, is }: PeerChange): void {
    if (uid === this.#uid && (is === 'dead' || is === 'left')) this.#redialSoon()
  }

  close(): void {
    this.#closed = true
    this.#redial?.cancel()
  }

  #redialSoon(): void {
    if (this.#closed) return
    this.#redial?.cancel()
    this.#redial = this.#clock.after(REDIAL, () => {
      this.connect().catch(() => this.#redialSoon())
    })
  }
}
