import { randomInt } from 'node:crypto'
import { type CommsManager, type Incoming, SkeinError } from '@skein/core'
import type { Clock } from '@skein/core/internal'
import { type Gathered, WORKER } from './contract.js'
import { type Desk, noSuchService } from './desk.js'
import { Limit, workersShare } from './limit.js'
import type { Registration } from './registration.js'
import type { Registry } from './registry.js'
import type { Tally } from './tally.js'

/** What a client asks of a service. */
export interface Asking {
  readonly service: string
  readonly keyword: string
  readonly payload: unknown
}

export interface ExchangeParts {
  readonly comms: () => CommsManager
  readonly clock: Clock
  readonly registry: Registry
  readonly tally: Tally
}

/** Codes with which a worker that can't take anything any more is found to be so. */
const AWAY: ReadonlySet<string> = new Set(['ERR_PEER_LOST', 'ERR_NO_SUCH_PEER', 'ERR_CLOSED'])

/**
 * Brings requests of clients to workers, and back what they answer. Deadlines and cancelling pass through by themselves,
 * since what is asked of a worker is asked within the client's request.
 */
export class Exchange {
  readonly #parts: ExchangeParts
  /** Another at each start: of what an earlier broker has asked, a worker may still be at something. */
  #ticket = randomInt(2 ** 40)

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** Resolves with what one of the workers that have the keyword answers. */
  async ask(asking: Asking, idempotent: boolean, request: Incoming): Promise<unknown> {
    const { tally } = this.#parts
    tally.asked += 1
    try {
      const value = await this.#askAny(asking, idempotent, request)
      tally.answered += 1
      return value
    } catch (error) {
      tally.failed += 1
      throw refusedIfNeverRun(error, request)
    }
  }

  /**
   * Resolves with what each of the workers that have the keyword answers, in the order of their names. They have a little
   * less time than the client, so that what has come reaches it before its deadline, although one of them is late.
   */
  async scatter({ service: name, keyword, payload }: Asking, request: Incoming): Promise<Gathered[]> {
    const { tally } = this.#parts
    tally.asked += 1
    try {
      const service = this.#service(name)
      const owners = service.owners(keyword).sort((a, b) => (a.name < b.name ? -1 : 1))
      if (owners.length === 0) throw service.unserved(keyword)
      const limit = new Limit(this.#parts.clock, workersShare(request.timeLeft), request.signal)
      try {
        const what = { keyword, payload }
        const each = owners.map((worker) => this.#gather(service, worker, what, request, limit))
        const gathered = await Promise.all(each)
        tally.answered += 1
        return gathered
      } finally {
        limit.end()
      }
    } catch (error) {
      tally.failed += 1
      throw refusedIfNeverRun(error, request)
    }
  }

  /**
   * Tells all workers that have the keyword, of one service or of all. Nobody waits for them, so it takes no slots.
   *
   * @param service undefined for all
   */
  async broadcast(
    service: string | undefined,
    keyword: string,
    payload: unknown,
    from: string,
  ): Promise<void> {
    const { registry, tally, comms } = this.#parts
    tally.broadcast += 1
    const services =
      service === undefined ? [...registry.services.values()] : [registry.services.get(service)]
    const owners = services.flatMap((each) => each?.owners(keyword) ?? [])
    const call = { service: WORKER, method: 'run', args: [0, keyword, payload, from] }
    const sent = owners.map(({ name }) => comms().send(name, call, { overflow: 'fail' }))
    const lost = (await Promise.allSettled(sent)).flatMap((each) =>
      each.status === 'rejected' ? [each.reason] : [],
    )
    // One that is lost, or far behind, is no reason to fail for the others.
    for (const error of lost) comms().logger.warn({ error, keyword }, 'a worker was not told')
  }

  #service(name: string): Desk {
    const service = this.#parts.registry.services.get(name)
    if (service === undefined) throw noSuchService(name)
    return service
  }

  async #askAny({ service: name, keyword, payload }: Asking, idempotent: boolean, request: Incoming) {
    const { registry, tally } = this.#parts
    /** Of those that were lost, the first that may have run it. */
    let doubt: unknown
    for (;;) {
      let service: Desk
      let worker: Registration
      try {
        service = this.#service(name)
        worker = await service.take(keyword, request.signal)
      } catch (error) {
        throw doubt ?? error
      }
      try {
        const value = await this.#run(service, worker, { keyword, payload }, request)
        // A stream that it answers with takes the slot until it is over.
        request.whenOver(() => service.free(worker))
        return value
      } catch (error) {
        if (lacks(error, worker, keyword)) registry.drop(worker, keyword)
        else if (isAway(error, worker)) registry.remove(worker, error.reason ?? error.code)
        else throw neverRan(error) ? (doubt ?? error) : error
        if (!neverRan(error)) {
          if (!idempotent) throw error
          doubt ??= error
        }
        // Whoever gave it up waits for nobody else; and where there is nobody else, this is how it ended.
        if (request.reason !== undefined || registry.services.get(name)?.has(keyword) !== true)
          throw doubt ?? error
        tally.redone += 1
      }
    }
  }

  async #gather(
    service: Desk,
    worker: Registration,
    what: Work,
    request: Incoming,
    limit: Limit,
  ): Promise<Gathered> {
    const { name } = worker
    try {
      await service.take(worker, limit.signal)
      const value = await this.#run(service, worker, what, request, limit.timeLeft)
      service.free(worker)
      return { worker: name, status: 'fulfilled', value }
    } catch (error) {
      const reason = isLate(error, worker, request.signal) ? late(worker, what, limit, error) : error
      return { worker: name, status: 'rejected', reason }
    }
  }

  /**
   * Asks a worker of which a slot was taken. The slot is free again when this has failed, not when it has succeeded.
   *
   * @param timeout milliseconds, where it has less than the request
   */
  async #run(
    service: Desk,
    worker: Registration,
    what: Work,
    request: Incoming,
    timeout = Number.POSITIVE_INFINITY,
  ): Promise<unknown> {
    const ticket = ++this.#ticket
    const call = { service: WORKER, method: 'run', args: [ticket, what.keyword, what.payload, request.from] }
    try {
      return await this.#parts.comms().sendRecv(worker.name, call, { timeout })
    } catch (error) {
      if (mayRun(error)) request.whenOver(() => void this.#freeOnceOver(service, worker, ticket))
      else service.free(worker)
      throw error
    }
  }

  /** What was given up may still be running, and takes its slot until it has ended: the worker is asked to tell. */
  async #freeOnceOver(service: Desk, worker: Registration, ticket: number): Promise<void> {
    const call = { service: WORKER, method: 'over', args: [ticket] }
    const options = { timeout: Number.POSITIVE_INFINITY }
    // If it fails, the worker is gone, and so are its slots.
    await this.#parts
      .comms()
      .sendRecv(worker.name, call, options)
      .catch(() => {})
    service.free(worker)
  }
}

type Work = Pick<Asking, 'keyword' | 'payload'>

/**
 * The time that it was given has ended it, or all of the client's: while it waited for a slot, or in the worker's hands.
 * What a handler throws is its own.
 */
function isLate(error: unknown, { name }: Registration, { reason }: AbortSignal): error is SkeinError {
  if (!(error instanceof SkeinError)) return false
  const isOver =
    error.code === 'ERR_CANCELLED' && reason instanceof SkeinError && reason.code === 'ERR_TIMEOUT'
  if (error.code !== 'ERR_TIMEOUT' && !isOver) return false
  return error.executed === 'no' || (error.uid === name && error.method === 'run')
}

function late(
  { name, service }: Registration,
  { keyword }: Work,
  { ms }: Limit,
  cause: SkeinError,
): SkeinError {
  const { executed = 'no' } = cause
  const timeoutMs = Math.round(ms)
  const what = executed === 'no' ? `had no free slot for '${keyword}'` : `did not answer '${keyword}'`
  const facts = { uid: name, service, method: keyword, timeoutMs, executed, cause }
  return new SkeinError('ERR_TIMEOUT', `${name} ${what} within ${timeoutMs} ms`, facts)
}

/** A worker that takes nothing any more: the request failed for that, and not for what it asks. */
function isAway(error: unknown, { name }: Registration): error is SkeinError {
  return error instanceof SkeinError && AWAY.has(error.code) && error.uid === name
}

/** It has dropped the keyword, and that has crossed with the request. */
function lacks(error: unknown, { service }: Registration, keyword: string): boolean {
  if (!(error instanceof SkeinError) || !neverRan(error) || error.code !== 'ERR_NO_SUCH_METHOD') return false
  return error.service === service && error.method === keyword
}

function neverRan(error: unknown): boolean {
  return error instanceof SkeinError && error.executed === 'no'
}

/** What was asked may be running. An error that says nothing of that is the worker's own: it has run. */
function mayRun(error: unknown): boolean {
  return error instanceof Error && 'executed' in error && error.executed !== 'no'
}

/** The caller is to know that it never ran, as far as the broker does. */
function refusedIfNeverRun(error: unknown, request: Incoming): unknown {
  return error instanceof SkeinError && error.executed === 'no' ? request.refuse(error) : error
}
