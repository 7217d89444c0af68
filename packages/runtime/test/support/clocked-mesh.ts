import { MemoryNetwork, type Transport, TurnedClock } from '@skein/core/internal'
import { type Settled, settled } from '@skein/test-harness'
import { Runtime } from '../../src/runtime.js'

type RuntimeOptions = ConstructorParameters<typeof Runtime>[0]

const silent = (): void => {}
const SILENT = { debug: silent, info: silent, warn: silent, error: silent }

const MONITOR = 'monitor'

/** Where the monitor listens, whichever instance of it that is. */
const MONITOR_ADDRESS = 'mem://monitor'

/**
 * A monitor, which may be killed, frozen and restarted at its address, and runtimes that join through it, each on a host
 * of its own, in memory and under a clock that the test turns.
 */
export class ClockedMesh {
  readonly clock = new TurnedClock()
  readonly network = new MemoryNetwork({ clock: this.clock, seed: 1, latency: { min: 1, max: 1 } })
  /** The instants at which the monitor's address was dialled, by whom. */
  readonly dials: { readonly uid: string; readonly at: number }[] = []
  readonly #open = new Set<Runtime>()
  /** The instance that listens at the monitor's address, or was the last to. */
  #holder = ''

  /** Starts a monitor at the address of the one before. */
  monitor(uid = MONITOR): Promise<Runtime> {
    return this.#start({ uid, introduces: true, roles: ['monitor'] }, MONITOR_ADDRESS.slice('mem://'.length))
  }

  /** A runtime that has joined. */
  runtime(uid: string, options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
    return this.#start({ uid, monitor: MONITOR_ADDRESS, ...options })
  }

  /** Ends a runtime as SIGKILL does. */
  async kill(runtime: Runtime): Promise<void> {
    this.network.kill(runtime.uid)
    this.#open.delete(runtime)
    await runtime.destroy()
  }

  /** Turns the clock until a promise has settled, and gives how many milliseconds that took. */
  settled<T>(promise: Promise<T>, within?: number): Promise<Settled<T>> {
    return settled(this.clock, promise, within)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open, (runtime) => runtime.destroy()))
    await this.network.close()
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`)
  }

  async #start(options: RuntimeOptions, name?: string): Promise<Runtime> {
    const { clock } = this
    const given = { meshToken: 'token of the tests', clock, logger: SILENT, stats: false }
    const { uid } = options
    const parts = { transport: this.#transport(uid, name), place: { host: uid, process: uid } }
    const runtime = new Runtime({ ...given, ...options }, parts)
    this.#open.add(runtime)
    if (name !== undefined) this.#holder = runtime.comms.instance
    await this.settled(runtime.start())
    return runtime
  }

  /** Runtimes offer the lanes of a real network; here there is one. A port that has come to be another's says whose it is. */
  #transport(uid: string, name: string | undefined): Transport {
    const transport = this.network.transport(uid)
    return {
      listen: ({ instance, ...options }, on) =>
        transport.listen({ ...options, instance: name ?? instance, schemes: ['mem'] }, on),
      dial: (endpoint, options, on) => {
        if (endpoint === MONITOR_ADDRESS && options.watch) this.dials.push({ uid, at: this.clock.now() })
        return transport.dial(endpoint, options, on)
      },
      probe: async (endpoint, timeoutMs, instance) => {
        const verdict = await transport.probe(endpoint, timeoutMs)
        const isOthers = endpoint === MONITOR_ADDRESS && instance !== undefined && instance !== this.#holder
        return isOthers && verdict === 'accepted' ? 'refused' : verdict
      },
      close: () => transport.close(),
    }
  }
}
