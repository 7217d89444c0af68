import type { Logger } from '@skein/core'
import { type Clock, MemoryNetwork, type Timer, TurnedClock } from '@skein/core/internal'
import { eventually, settled } from '@skein/test-harness'
import type { Connection } from '../../src/connection.js'
import { ChannelContext } from '../../src/context.js'
import type { ContextOptions } from '../../src/settings.js'

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

const TOKEN = 'token of the tests'

/** Contexts of one test that speak over sockets; all are closed at its end. */
export class Contexts {
  readonly #all: ChannelContext[] = []

  open(options: ContextOptions = {}): ChannelContext {
    const context = new ChannelContext({ token: TOKEN, logger: silent, ...options })
    this.#all.push(context)
    return context
  }

  /** Contexts of which each pair given is connected: by their indices. */
  async graph(size: number, pairs: readonly (readonly [number, number])[], options: ContextOptions = {}) {
    const all = Array.from({ length: size }, () => this.open(options))
    for (const [a, b] of pairs) await join(at(all, a), at(all, b))
    return all
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((context) => context.close()))
  }
}

/** The clock of a host whose event loop can be stalled: its timers wait with everything else. */
class HostClock implements Clock {
  #late: (() => void)[] | undefined

  constructor(readonly clock: Clock) {}

  now(): number {
    return this.clock.now()
  }

  after(ms: number, fn: () => void): Timer {
    return this.clock.after(ms, () => (this.#late === undefined ? fn() : void this.#late.push(fn)))
  }

  stall(): void {
    this.#late = []
  }

  resume(): void {
    const late = this.#late ?? []
    this.#late = undefined
    for (const fn of late) fn()
  }
}

/** The same in memory, each a process of one machine, by the context's index; the test turns the clock. */
export class MemoryContexts {
  readonly clock = new TurnedClock()
  readonly network: MemoryNetwork
  readonly #all: ChannelContext[] = []
  readonly #clocks: HostClock[] = []

  constructor(seed = 1, latency = { min: 1, max: 1 }) {
    this.network = new MemoryNetwork({ clock: this.clock, seed, latency })
  }

  open(options: ContextOptions = {}): ChannelContext {
    const { network } = this
    const host = String(this.#all.length)
    const clock = new HostClock(this.clock)
    this.#clocks.push(clock)
    const context = new ChannelContext(
      { token: TOKEN, logger: silent, clock, ...options },
      {
        transport: () => network.transport(host),
        schemes: ['mem'],
        place: { host: 'machine', process: host },
      },
    )
    this.#all.push(context)
    return context
  }

  async connect(from: ChannelContext, to: Connection, name?: string): Promise<Connection> {
    return this.inTime(from.connect(to.endpoint ?? '', name === undefined ? {} : { name }))
  }

  async graph(size: number, pairs: readonly (readonly [number, number])[], options: ContextOptions = {}) {
    const all = Array.from({ length: size }, () => this.open(options))
    const hosts = await Promise.all(all.map((context) => context.bind('localhost:hub')))
    for (const [a, b] of pairs) await this.connect(at(all, a), at(hosts, b))
    return all
  }

  /** The event loop of a context stands still. */
  stall(index: number): void {
    at(this.#clocks, index).stall()
    this.network.stall(String(index))
  }

  resume(index: number): void {
    this.network.resume(String(index))
    at(this.#clocks, index).resume()
  }

  async inTime<T>(promise: Promise<T>): Promise<T> {
    return (await settled(this.clock, promise)).value
  }

  async close(): Promise<void> {
    await this.inTime(Promise.all(this.#all.splice(0).map((context) => context.close())))
    await this.network.close()
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`)
  }
}

/** A host of a context at some port that is free. */
export function hostOf(context: ChannelContext, name?: string): Promise<Connection> {
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  return context.bind(`localhost:${port}`, { maxTries: 100, ...(name !== undefined && { name }) })
}

/** Connects `a` to a host of `b`'s, and resolves when both know it. */
export async function join(a: ChannelContext, b: ChannelContext): Promise<Connection> {
  const [known] = b.connectionsAll
  const host = known?.port === undefined ? await hostOf(b) : known
  const connection = await a.connect(`localhost:${host.port}`, { timeout: 5000 })
  await eventually(() => host.contexts.includes(a.id))
  return connection
}

export function at<T>(all: readonly (T | undefined)[], index: number): T {
  const found = all[index]
  if (found === undefined) throw new RangeError(`there is none at ${index}`)
  return found
}
