import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '@skein/test-harness'
import type { Figures, Load } from '../load.js'
import type { Lane, System } from '../systems/system.js'
import type { Asked, News, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/pair-host.mjs', import.meta.url))

/** How long a pair may take to start, in milliseconds. */
const START_LIMIT = 30_000

/** What a measurement may take more than it was told, in milliseconds: the last calls, on a slow machine. */
const MARGIN = 60_000

type Side = OrderedProcess<Order, Asked, News>

/** Somebody who serves and somebody who calls him, each in a process of its own; over inproc, each in a thread of one. */
export class Pair {
  readonly #caller: Side = side()
  readonly #server: Side | undefined

  constructor(
    readonly system: System,
    readonly lane: Lane,
  ) {
    this.#server = lane === 'inproc' ? undefined : side()
  }

  /** @throws HarnessError if one of them fails, or takes far too long */
  async start(): Promise<void> {
    const { lane } = this
    const system = this.system.name
    const endpoint = await this.#server?.ask<string>({ kind: 'serve', system, lane }, START_LIMIT)
    await this.#caller.ask({ kind: 'call', system, lane, endpoint }, START_LIMIT)
  }

  measure(load: Load): Promise<Figures> {
    return this.#caller.ask<Figures>({ kind: 'measure', load }, load.milliseconds + MARGIN)
  }

  async end(): Promise<void> {
    await this.#caller.end()
    await this.#server?.end()
  }
}

function side(): Side {
  return new OrderedProcess({ main: MAIN, of: 'the bench', stop: { kind: 'stop' } }, () => {})
}
