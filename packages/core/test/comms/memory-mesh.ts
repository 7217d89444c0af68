import { TurnedClock } from '../../src/clock.js'
import type { ServiceCall } from '../../src/comms/calls.js'
import type { Incoming } from '../../src/comms/incoming.js'
import { CommsManager, type CommsParts } from '../../src/comms-manager.js'
import type { CommsOptions } from '../../src/options.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import type { Frames, Transport } from '../../src/transport/transport.js'
import { silent } from '../support/mesh.js'

/** Methods that are told of the request that they run for. */
export type Methods = Record<string, (request: Incoming, ...args: never[]) => unknown>

/** Runtimes on hosts of their names, in a time that is turned by hand. */
export class MemoryMesh {
  readonly clock = new TurnedClock()
  readonly network = new MemoryNetwork({ clock: this.clock, seed: 1, latency: { min: 1, max: 1 } })
  /** What left each runtime, by its uid: the very frames that its transport was given. */
  readonly left = new Map<string, Frames[]>()
  readonly #managers: CommsManager[] = []

  async runtime(
    uid: string,
    methods: Methods = {},
    options: Partial<CommsOptions> = {},
    parts: CommsParts = {},
  ): Promise<CommsManager> {
    const { clock } = this
    const given = { uid, meshToken: 'token of the tests', logger: silent, clock, ...options }
    const dispatch = (request: Incoming): unknown => {
      const method = methods[request.message.method]
      if (method === undefined) throw new Error(`the test has no method ${request.message.method}`)
      return method(request, ...(request.message.args as never[]))
    }
    const comms = new CommsManager(given, { transport: this.#transport(uid), dispatch, ...parts })
    this.#managers.push(comms)
    await comms.start()
    return comms
  }

  async link(from: CommsManager, to: CommsManager): Promise<void> {
    const linked = from.connect(to.entry?.endpoints[0] ?? '')
    await this.clock.advance(100)
    await linked
  }

  /** The outcome of a promise, for which time is turned on. */
  async inTime<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    for (let i = 0; i < 20_000 && !settled; i++) await this.clock.advance(5)
    return promise
  }

  async close(): Promise<void> {
    await Promise.all(this.#managers.map((comms) => comms.destroy()))
    await this.network.close()
  }

  /** Runtimes offer the lanes of a real network; here there is one. */
  #transport(host: string): Transport {
    const inner = this.network.transport(host)
    const left: Frames[] = []
    this.left.set(host, left)
    return {
      listen: (options, on) => inner.listen({ ...options, schemes: ['mem'] }, on),
      dial: (endpoint, options, on) => {
        const outbound = inner.dial(endpoint, options, on)
        return {
          endpoint: outbound.endpoint,
          scheme: outbound.scheme,
          send: (frames) => {
            left.push(frames)
            return outbound.send(frames)
          },
          close: () => outbound.close(),
        }
      },
      probe: (endpoint, timeoutMs) => inner.probe(endpoint, timeoutMs),
      close: () => inner.close(),
    }
  }
}

export function call(method: string, ...args: unknown[]): ServiceCall {
  return { service: 'test', method, args }
}

/** What a promise rejects with, or undefined if it resolves. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Rejects once the request is given up. */
export function untilAborted({ signal }: Incoming): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}
