import type { Incoming } from '@skein/core'
import type { Neighbour } from './neighbour.js'

/** What answers a neighbour. Undefined arguments are for it to check. */
export type Handler = (from: Neighbour, args: readonly unknown[], request: Incoming) => unknown

/** What a handler returns for what it can't read. */
export const MALFORMED = Symbol('malformed')

/** What a context answers to its neighbours, by the method that they call. */
export class Handlers {
  readonly #all = new Map<string, Handler>()
  #malformed = 0

  /** How many things that came in could not be read, and were dropped. */
  get malformed(): number {
    return this.#malformed
  }

  set(method: string, handler: Handler): void {
    this.#all.set(method, handler)
  }

  /** A neighbour has asked something. */
  dispatch(from: Neighbour, request: Incoming): unknown {
    const { method, args } = request.message
    const handler = this.#all.get(method)
    const result = handler === undefined ? MALFORMED : handler(from, args, request)
    if (result !== MALFORMED) return result
    this.countMalformed()
    return undefined
  }

  /** Something else that came in could not be read. */
  countMalformed(): void {
    this.#malformed += 1
  }
}
