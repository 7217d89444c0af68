import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '@skein/test-harness'
import type { Figures, Load } from '../load.js'
import type { Endpoints, Lane, System } from '../systems/system.js'
import type { Asked, News, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/pair-host.mjs', import.meta.url))

/** How long a pair may take to start, in milliseconds. */
const START_LIMIT = 60_000

/** What a measurement may take more than it was told, in milliseconds: the last calls, on a slow machine. */
const MARGIN = 60_000

type Side = OrderedProcess<Order, Asked, News>

/** What a pair has done, and what of memory it took for that. */
export interface PairFigures extends Figures {
  /** The most that the process of either side has had, above what it had when both were set up, in bytes. */
  readonly callerPeak: number
  readonly serverPeak: number
}

/** Those who serve and somebody who calls them, each in a process of its own; over inproc, each in a thread of one. */
export class Pair {
  readonly #caller: Side = side()
  readonly #servers: readonly Side[]

  constructor(
    readonly system: System,
    readonly lane: Lane,
  ) {
    const { servers = 1 } = system
    this.#servers = lane === 'inproc' ? [] : Array.from({ length: servers }, side)
  }

  /** @throws Error with the system's name if one of them fails, or takes far too long */
  async start(): Promise<void> {
    await this.#named('did not start', async () => {
      const { lane } = this
      const system = this.system.name
      const endpoints = await Promise.all(
        this.#servers.map((server) => server.ask<string>({ kind: 'serve', system, lane }, START_LIMIT)),
      )
      const asked = { kind: 'call', system, lane, endpoints: listOf(endpoints) } as const
      await this.#caller.ask(asked, START_LIMIT)
      // The first to be set up would count the making of the connection among what the calls take.
      await this.#all((one) => one.ask({ kind: 'rest' }))
    })
  }

  /** @throws Error with the system's name */
  measure(load: Load): Promise<PairFigures> {
    return this.#named('could not be measured', async () => {
      const figures = await this.#caller.ask<Figures>({ kind: 'measure', load }, load.milliseconds + MARGIN)
      const [callerPeak = 0, ...peaks] = await this.#all((one) => one.ask<number>({ kind: 'peak' }))
      return { ...figures, callerPeak, serverPeak: peaks.length === 0 ? callerPeak : Math.max(...peaks) }
    })
  }

  /** Whoever calls first: what it asked for would only fail. */
  async end(): Promise<void> {
    await this.#caller.end()
    await Promise.all(this.#servers.map((server) => server.end()))
  }

  #all<Value>(ask: (one: Side) => Promise<Value>): Promise<Value[]> {
    return Promise.all([this.#caller, ...this.#servers].map(ask))
  }

  async #named<Value>(failure: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${this.system.name} over ${this.lane} ${failure}: ${why}`, { cause })
    }
  }
}

function listOf(endpoints: readonly string[]): Endpoints | undefined {
  const [first, ...others] = endpoints
  return first === undefined ? undefined : [first, ...others]
}

function side(): Side {
  return new OrderedProcess({ main: MAIN, of: 'the bench', stop: { kind: 'stop' } }, () => {})
}
