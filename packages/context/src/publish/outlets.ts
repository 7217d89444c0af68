import { invalidOption } from '@skein/core/internal'
import type { PublisherOptions } from '../options.js'
import { Payload } from '../payload/payload.js'
import { type Closable, type Surroundings, settleEndpoint } from '../surroundings.js'
import { Outlet } from './outlet.js'
import { Publisher } from './publisher.js'

/** The sockets that a Context publishes on: one for each endpoint. */
export class Outlets {
  readonly #surroundings: Surroundings
  /** By the endpoint as it was given, and as it is bound. */
  readonly #outlets = new Map<string, Promise<Outlet>>()
  readonly #publishers = new Set<Closable>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  async add<M>(endpoint: string, topic: string, options: PublisherOptions<M>): Promise<Publisher<M>> {
    const settings = settleEndpoint(endpoint, options, this.#surroundings, true, ['type'])
    const payload = new Payload(settings.codec, options.type, 'type')
    if (typeof topic !== 'string') throw invalidOption('topic', topic, 'a string')
    const opening = this.#outlets.get(endpoint) ?? Outlet.open(endpoint, settings, this.#surroundings)
    this.#outlets.set(endpoint, opening)
    const outlet = await opening.catch((error: unknown) => {
      if (this.#outlets.get(endpoint) === opening) this.#outlets.delete(endpoint)
      throw error
    })
    this.#outlets.set(outlet.endpoint, opening)
    const onClose = (): Promise<void> => this.#left(publisher, outlet, opening)
    const publisher: Publisher<M> = new Publisher(outlet, topic, payload, onClose)
    outlet.share(settings)
    this.#publishers.add(publisher)
    return publisher
  }

  async close(): Promise<void> {
    await Promise.all([...this.#publishers].map((publisher) => publisher.close()))
  }

  async #left(publisher: Closable, outlet: Outlet, opening: Promise<Outlet>): Promise<void> {
    this.#publishers.delete(publisher)
    if (!outlet.leave()) return
    for (const [name, each] of this.#outlets) if (each === opening) this.#outlets.delete(name)
    await outlet.close()
  }
}
