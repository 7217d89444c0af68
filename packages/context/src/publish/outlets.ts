import type { Closable, EndpointSettings, Surroundings } from '../surroundings.js'
import { Outlet } from './outlet.js'

/** The sockets that a Context publishes on: one for each endpoint. */
export class Outlets {
  readonly #surroundings: Surroundings
  /** By the endpoint as it was given, and as it is bound. */
  readonly #outlets = new Map<string, Promise<Outlet>>()
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
    const opening = this.#outlets.get(endpoint) ?? Outlet.open(endpoint, settings, this.#surroundings)
    this.#outlets.set(endpoint, opening)
    const outlet = await opening.catch((error: unknown) => {
      if (this.#outlets.get(endpoint) === opening) this.#outlets.delete(endpoint)
      throw error
    })
    this.#outlets.set(outlet.endpoint, opening)
    outlet.share(settings)
    const sharer: T = make(outlet, () => this.#left(sharer, outlet, opening))
    this.#sharers.add(sharer)
    return sharer
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sharers].map((sharer) => sharer.close()))
  }

  async #left(sharer: Closable, outlet: Outlet, opening: Promise<Outlet>): Promise<void> {
    this.#sharers.delete(sharer)
    if (!outlet.leave()) return
    for (const [name, each] of this.#outlets) if (each === opening) this.#outlets.delete(name)
    await outlet.close()
  }
}
