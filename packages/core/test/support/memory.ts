import { type Settled, settled } from '@skein/test-harness'
import { TurnedClock } from '../../src/clock.js'
import type { PeerChange } from '../../src/comms/peer-change.js'
import { CommsManager, type CommsParts } from '../../src/comms-manager.js'
import type { CommsOptions } from '../../src/options.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import { silent } from './mesh.js'

/** Runtimes in memory, each on a host of its own, under a clock that the test turns. */
export class MemoryMesh {
  readonly clock = new TurnedClock()
  readonly network: MemoryNetwork
  readonly #open: CommsManager[] = []

  /** @param latency milliseconds, from one host to another */
  constructor(latency = { min: 1, max: 1 }, seed = 1) {
    this.network = new MemoryNetwork({ clock: this.clock, seed, latency })
  }

  async runtime(
    uid: string,
    options: Partial<CommsOptions> & { readonly host?: string } = {},
    parts: CommsParts = {},
  ): Promise<CommsManager> {
    const { host = uid, ...rest } = options
    const { clock } = this
    const given = {
      uid,
      meshToken: 'token of the tests',
      transports: ['mem'],
      logger: silent,
      clock,
    } as const
    const comms = new CommsManager(
      { ...given, ...rest },
      { transport: this.network.transport(host), place: { host, process: host }, ...parts },
    )
    this.#open.push(comms)
    await comms.start()
    return comms
  }

  /** Turns the clock until a promise has settled, and gives its value and how many milliseconds that took. */
  settled<T>(promise: Promise<T>, within?: number): Promise<Settled<T>> {
    return settled(this.clock, promise, within)
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((comms) => comms.destroy()))
    await this.network.close()
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`)
  }
}

/** What a runtime tells of its peers from now on: `uid kind`, or `uid kind reason`. */
export function changesOf(comms: CommsManager): string[] {
  const seen: string[] = []
  comms.on('peer', ({ uid, is, reason }: PeerChange) => {
    seen.push(reason === undefined ? `${uid} ${is}` : `${uid} ${is} ${reason}`)
  })
  return seen
}
