import { SkeinError } from '@skein/core'
import { Queue, type Wanted } from './queue.js'
import type { Registration } from './registration.js'

/** Where a service is asked for: its workers, who of them has which keyword, and what waits for them. */
export class Desk {
  readonly name: string
  readonly #workers = new Map<string, Registration>()
  readonly #queue: Queue
  readonly #maxQueued: number

  /** @param maxQueued how many requests wait at most for a free slot */
  constructor(name: string, maxQueued: number) {
    this.name = name
    this.#queue = new Queue(maxQueued)
    this.#maxQueued = maxQueued
  }

  get size(): number {
    return this.#workers.size
  }

  get queued(): number {
    return this.#queue.size
  }

  /** The workers, by name. */
  get workers(): ReadonlyMap<string, Registration> {
    return this.#workers
  }

  /** Whether any of them has a keyword. */
  has(keyword: string): boolean {
    for (const { keywords } of this.#workers.values()) if (keywords.has(keyword)) return true
    return false
  }

  /** What any of them has, each once. */
  get keywords(): Set<string> {
    return new Set([...this.#workers.values()].flatMap(({ keywords }) => [...keywords]))
  }

  /** Those that have a keyword. */
  owners(keyword: string): Registration[] {
    return [...this.#workers.values()].filter(({ keywords }) => keywords.has(keyword))
  }

  add(worker: Registration): void {
    this.#workers.set(worker.name, worker)
    this.serve()
  }

  /** A worker has other keywords than before. What waits for one that nobody has any more fails. */
  change(worker: Registration, keywords: Iterable<string>): void {
    worker.keywords = new Set(keywords)
    this.#queue.failAll(
      (wanted) => typeof wanted === 'string' && !this.has(wanted),
      (wanted) => this.unserved(String(wanted)),
    )
    this.serve()
  }

  /** It is given nothing more, and what waits for it alone fails. What it has goes on. */
  remove(worker: Registration, reason: string): void {
    if (this.#workers.get(worker.name) !== worker) return
    this.#workers.delete(worker.name)
    this.#queue.failAll(
      (wanted) => (typeof wanted === 'string' ? !this.has(wanted) : wanted === worker),
      (wanted) => (typeof wanted === 'string' ? this.unserved(wanted) : gone(worker, reason)),
    )
    // The others may be the best now that there are.
    this.serve()
  }

  /**
   * Takes a slot: of the least busy worker that has the keyword, or of one worker. Waits while there is none.
   *
   * @throws ERR_NO_SUCH_SERVICE, ERR_NO_SUCH_METHOD, ERR_OVERLOADED, and what the signal says, all with `executed: 'no'`
   */
  take(wanted: Wanted, signal: AbortSignal): Registration | Promise<Registration> {
    if (typeof wanted === 'string' && !this.has(wanted)) throw this.unserved(wanted)
    // Whoever has come first is first.
    const worker = this.#queue.waitsFor(wanted) ? undefined : this.#find(wanted)
    if (worker !== undefined) {
      worker.take()
      return worker
    }
    if (this.#queue.isFull) throw this.#overloaded()
    return this.#queue.wait(wanted, signal)
  }

  /** Gives a slot back. */
  free(worker: Registration): void {
    worker.free()
    this.serve()
  }

  /** Gives what waits to whoever is free. */
  serve(): void {
    this.#queue.serve((wanted) => this.#find(wanted))
  }

  /** One with a free slot. Of those that have a keyword only the well count, as long as there are such. */
  #find(wanted: Wanted): Registration | undefined {
    if (typeof wanted === 'string') return this.#best(wanted)
    return wanted.isFree ? wanted : undefined
  }

  #best(keyword: string): Registration | undefined {
    let rank = Number.POSITIVE_INFINITY
    let best: Registration | undefined
    for (const worker of this.#workers.values()) {
      if (worker.rank > rank || !worker.keywords.has(keyword)) continue
      if (worker.rank < rank) best = undefined
      rank = worker.rank
      if (worker.isFree && (best === undefined || worker.isBefore(best))) best = worker
    }
    return best
  }

  /** The error for a keyword that nobody has. */
  unserved(keyword: string): SkeinError {
    if (this.size === 0) return noSuchService(this.name)
    const known = [...this.keywords].join(', ') || 'none'
    const text = `no worker of '${this.name}' has the keyword '${keyword}'; they have ${known}`
    const facts = { service: this.name, method: keyword, executed: 'no' } as const
    return new SkeinError('ERR_NO_SUCH_METHOD', text, facts)
  }

  #overloaded(): SkeinError {
    const text = `all slots of '${this.name}' are taken, and ${this.#maxQueued} requests wait; wait, or send less`
    const facts = { service: this.name, limit: this.#maxQueued, executed: 'no' } as const
    return new SkeinError('ERR_OVERLOADED', text, facts)
  }
}

export function noSuchService(service: string): SkeinError {
  const text = `nobody serves '${service}'`
  return new SkeinError('ERR_NO_SUCH_SERVICE', text, { service, executed: 'no' })
}

function gone({ name, service }: Registration, reason: string): SkeinError {
  const text = `${name} was lost (${reason}) before it had a free slot`
  return new SkeinError('ERR_PEER_LOST', text, { uid: name, service, reason, executed: 'no' })
}
