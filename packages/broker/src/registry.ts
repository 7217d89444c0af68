import type { PeerChange } from '@skein/core'
import { isGone } from '@skein/core/internal'
import type { Registering, ServiceChange } from './contract.js'
import { Desk } from './desk.js'
import { Registration } from './registration.js'

export interface RegistryParts {
  /** How many requests wait at most at each service. */
  readonly maxQueued: number
  readonly changed: (change: ServiceChange) => void
}

/** Who serves what: the services that have workers. */
export class Registry {
  readonly #parts: RegistryParts
  readonly #services = new Map<string, Desk>()
  readonly #workers = new Map<string, Registration>()

  constructor(parts: RegistryParts) {
    this.#parts = parts
  }

  /** By name; those that have no worker are not there. */
  get services(): ReadonlyMap<string, Desk> {
    return this.#services
  }

  /** Every worker, as somebody who has just come would learn of them. */
  *all(): Iterable<ServiceChange> {
    for (const service of this.#services.values()) {
      let workers = 0
      for (const worker of service.workers.values()) yield joined(worker, ++workers)
    }
  }

  /**
   * A worker has registered. If it had before, at most its keywords change, and what it has goes on in its slots; if it
   * says that it serves something else, it is another one.
   */
  register(name: string, given: Registering): void {
    const before = this.#workers.get(name)
    if (before?.isAs(given) === true) return this.#change(before, given.keywords)
    if (before !== undefined) this.remove(before, 'replaced')
    const worker = new Registration(name, given)
    const service = this.#services.get(given.service) ?? new Desk(given.service, this.#parts.maxQueued)
    this.#services.set(given.service, service)
    this.#workers.set(name, worker)
    service.add(worker)
    this.#parts.changed(joined(worker, service.size))
  }

  unregister(name: string, reason: string): void {
    const worker = this.#workers.get(name)
    if (worker !== undefined) this.remove(worker, reason)
  }

  /** A worker takes nothing more. Does nothing if it has gone already. */
  remove(worker: Registration, reason: string): void {
    const service = this.#services.get(worker.service)
    if (service === undefined || this.#workers.get(worker.name) !== worker) return
    this.#workers.delete(worker.name)
    service.remove(worker, reason)
    if (service.size === 0) this.#services.delete(service.name)
    const { keywords } = worker
    this.#parts.changed({ ...told('left', worker), keywords: [...keywords], workers: service.size, reason })
  }

  /** A worker has turned out not to have a keyword. */
  drop(worker: Registration, keyword: string): void {
    if (this.#workers.get(worker.name) !== worker) return
    const others = [...worker.keywords].filter((each) => each !== keyword)
    this.#change(worker, others)
  }

  /** A peer has changed, which may be a worker. */
  changed(change: PeerChange): void {
    const worker = this.#workers.get(change.uid)
    if (worker === undefined) return
    if (isGone(change)) return this.remove(worker, change.reason ?? change.is)
    worker.state = change.is
    // Whoever waits for the well ones may have waited for this one, or need not wait for it any more.
    this.#services.get(worker.service)?.serve()
  }

  #change(worker: Registration, keywords: readonly string[]): void {
    const service = this.#services.get(worker.service)
    if (service === undefined || worker.hasAll(keywords)) return
    const before = [...worker.keywords]
    service.change(worker, keywords)
    const now = [...worker.keywords]
    this.#parts.changed({ ...told('changed', worker), keywords: now, before, workers: service.size })
  }
}

function joined(worker: Registration, workers: number): ServiceChange {
  return { ...told('joined', worker), keywords: [...worker.keywords], workers }
}

function told<Kind extends ServiceChange['kind']>(kind: Kind, { service, name }: Registration) {
  return { kind, service, worker: name } as const
}
