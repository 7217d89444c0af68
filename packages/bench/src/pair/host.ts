import type { Calling, Serving } from '../systems/system.js'
import { systemOf } from '../systems/systems.js'
import type { Order } from './orders.js'
import { serveInThread } from './serving-thread.js'

/** One side of a pair, in a process of its own: whoever serves, or whoever calls. */
export class Host {
  /** What is to be closed, the first first. */
  readonly #open: (Serving | Calling)[] = []
  #calling: Calling | undefined
  #starting: Promise<unknown> = Promise.resolve()
  /** Bytes of memory when all was set up on both sides, and had nothing to do yet. */
  #atRest = 0

  /** Resolves with the answer to an order. */
  async perform(order: Order): Promise<unknown> {
    switch (order.kind) {
      case 'serve':
      case 'call':
        this.#starting = this.#start(order)
        return this.#starting
      case 'measure':
        if (this.#calling === undefined) throw new Error('nobody calls in this process')
        return this.#calling.measure(order.load)
      case 'rest':
        this.#atRest = process.memoryUsage().rss
        return undefined
      case 'peak':
        // Node tells it in KiB.
        return process.resourceUsage().maxRSS * 1024 - this.#atRest
      case 'stop':
        // What is being opened would stay open otherwise.
        await this.#starting.catch(() => {})
        for (const { close } of this.#open) await close()
        return undefined
    }
  }

  /** Resolves with the endpoint of whoever serves. */
  async #start(order: Extract<Order, { kind: 'serve' | 'call' }>): Promise<string | undefined> {
    const { system, lane } = order
    if (order.kind === 'serve') return this.#keep(await systemOf(system).serve(lane)).endpoint
    const endpoints = order.endpoints ?? [this.#keep(await serveInThread({ system, lane })).endpoint]
    this.#calling = this.#keep(await systemOf(system).call(lane, endpoints))
    return undefined
  }

  #keep<Kept extends Serving | Calling>(kept: Kept): Kept {
    this.#open.unshift(kept)
    return kept
  }
}
