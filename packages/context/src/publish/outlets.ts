import type { Closable, EndpointSettings, Surroundings } from '../surroundings.js'
import { Outlet } from './outlet.js'

interface Entry {
  readonly opening: Promise<Outlet>
  /** Who shares it, those included that wait until it is open. */
  sharers: number
}

/** The sockets that a Context publishes on: one for each endpoint. */
export class Outlets {
  readonly #surroundings: Surroundings
  /** By the endpoint as it was given, and as it is bound. */
  readonly #entries = new Map<string, Entry>()
  readonly #sharers = new Set<Closable>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /**
   * Opens the endpoint, or shares what is open, and makes of it what will be closed with the Context.
   *
   * @throws ERR_INVALID_OPTION if it was opened otherwise, and what binding and connecting may throw
   */
  async share<T extends Closable>(
    endpoint: string,
    settings: EndpointSettings,
    make: (outlet: Outlet, onClose: () => Promise<void>) => T,
  ): Promise<T> {
    const entry = this.#entries.get(endpoint) ?? this.#open(endpoint, settings)
    // Counted before it is waited for: the last of the others may leave meanwhile.
    entry.sharers += 1
    try {
      const outlet = await entry.opening
      outlet.checkSame(settings)
      this.#entries.set(outlet.endpoint, entry)
      const sharer: T = make(outlet, () => {
        this.#sharers.delete(sharer)
        return this.#left(entry)
      })
      this.#sharers.add(sharer)
      return sharer
    } catch (error) {
      await this.#left(entry)
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sharers].map((sharer) => sharer.close()))
  }

  #open(endpoint: string, settings: EndpointSettings): Entry {
    const entry = { opening: Outlet.open(endpoint, settings, this.#surroundings), sharers: 0 }
    this.#entries.set(endpoint, entry)
    return entry
  }

  /** It is closed with the last of those that share it. */
  async #left(entry: Entry): Promise<void> {
    entry.sharers -= 1
    if (entry.sharers > 0) return
    for (const [name, each] of this.#entries) if (each === entry) this.#entries.delete(name)
    // One that could not be opened has closed itself.
    const outlet = await entry.opening.catch(() => undefined)
    await outlet?.close()
  }
}
