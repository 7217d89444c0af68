import { type Incoming, type RequestOptions, RuntimeDisconnectedError, SkeinError } from '@skein/core'
import type { Graph } from './graph.js'
import type { Handlers } from './handlers.js'
import { MOST_HOPS, type Parts } from './package.js'
import { isCount, isText, readParts } from './read.js'

/** The method by which contexts hand each other the requests of channels. */
export const ASK = 'ask'

/** A neighbour's request, as far as it matters here. */
export type Asked = Pick<Incoming, 'timeLeft' | 'signal' | 'refuse'>

/** What runs the requests of a channel here. */
export interface Replier {
  run(method: string, args: Parts, request: Asked): Promise<Parts>
}

/** By which ways requests come and go: what is needed of a `Router`. */
export interface Routing {
  readonly id: string
  readonly graph: Pick<Graph, 'nextHop'>
  readonly handlers: Pick<Handlers, 'countMalformed'> & {
    set(
      method: string,
      handler: (from: unknown, args: readonly unknown[], request: Asked) => Promise<Parts>,
    ): void
  }
  neighbour(
    id: string,
  ): { ask(method: string, args: readonly unknown[], options: RequestOptions): Promise<unknown> } | undefined
}

/**
 * Requests to one context, from neighbour to neighbour by the shortest way. Each step is a request of its own to the next
 * context, so that deadlines, cancelling and the loss of whoever is on the way are those of any request.
 */
export class Asking {
  readonly #routing: Routing
  readonly #repliers = new Map<string, Replier>()

  constructor(routing: Routing) {
    this.#routing = routing
    routing.handlers.set(ASK, (_, args, request) => this.#asked(args, request))
  }

  add(key: string, replier: Replier): void {
    this.#repliers.set(key, replier)
  }

  remove(key: string, replier: Replier): void {
    if (this.#repliers.get(key) === replier) this.#repliers.delete(key)
  }

  /** @throws what the other context throws, ERR_PEER_LOST, ERR_TIMEOUT, ERR_CANCELLED */
  async ask(
    target: string,
    key: string,
    method: string,
    args: Parts,
    options: RequestOptions,
    hops = MOST_HOPS,
  ): Promise<Parts> {
    const next = this.#routing.graph.nextHop(target)
    const neighbour = next === undefined ? undefined : this.#routing.neighbour(next)
    if (neighbour === undefined || hops <= 0) throw lost(target)
    const parts = readParts(await neighbour.ask(ASK, [target, key, method, args, hops], options))
    if (parts !== undefined) return parts
    throw new SkeinError('ERR_PROTOCOL', `what ${target} has answered to ${key}.${method} can't be read`)
  }

  async #asked(given: readonly unknown[], request: Asked): Promise<Parts> {
    const [target, key, method, rest, hops] = given
    const args = readParts(rest)
    if (!isText(target) || !isText(key) || !isText(method) || args === undefined || !isCount(hops, 1)) {
      this.#routing.handlers.countMalformed()
      throw request.refuse(new SkeinError('ERR_PROTOCOL', 'the request can not be read', { executed: 'no' }))
    }
    if (target !== this.#routing.id) {
      const { timeLeft: timeout, signal } = request
      const asked = this.ask(target, key, method, args, { timeout, signal }, Math.min(hops, MOST_HOPS) - 1)
      return asked.catch((error: unknown) => {
        throw asEndOf(signal, error)
      })
    }
    const replier = this.#repliers.get(key)
    if (replier !== undefined) return replier.run(method, args, request)
    const text = `nobody answers on ${key} any more`
    throw request.refuse(new SkeinError('ERR_NO_SUCH_SERVICE', text, { service: key, executed: 'no' }))
  }
}

/**
 * A request that ends takes with it the one that it has asked for, whose error says no more than that it was given up. What
 * has ended it is told instead, and of the other whether it can have run.
 */
function asEndOf({ reason }: AbortSignal, error: unknown): unknown {
  if (!(reason instanceof SkeinError) || !isCancelled(error)) return error
  const { code, message, name, executed, ...known } = reason
  const facts = { ...known, ...(error.executed !== undefined && { executed: error.executed }), cause: error }
  if (reason instanceof RuntimeDisconnectedError && reason.uid !== undefined && reason.reason !== undefined)
    return new RuntimeDisconnectedError(reason.uid, reason.reason, error.executed ?? 'maybe', facts)
  return new SkeinError(code, message, facts)
}

function isCancelled(error: unknown): error is SkeinError {
  return error instanceof SkeinError && error.code === 'ERR_CANCELLED'
}

function lost(target: string): SkeinError {
  return new SkeinError('ERR_PEER_LOST', `no connection leads to the context ${target} any more`, {
    uid: target,
    executed: 'no',
  })
}
