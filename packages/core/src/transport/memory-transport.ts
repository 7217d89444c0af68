import type { Timer } from '../clock.js'
import { invalidOption, SkeinError } from '../errors.js'
import type { MemoryHost } from './memory-host.js'
import { MemoryInbound } from './memory-inbound.js'
import { MemoryOutbound, type Wire } from './memory-outbound.js'
import type {
  DialOptions,
  Inbound,
  InboundEvents,
  ListenOptions,
  Outbound,
  OutboundEvents,
  ProbeVerdict,
  Transport,
} from './transport.js'

/** Where what a transport opens is entered, and taken out when it is closed. */
interface Registry {
  /** Throws ERR_ADDRESS_IN_USE if a listener's address is held by another. */
  add(opened: MemoryInbound | MemoryOutbound): void
  remove(closed: MemoryInbound | MemoryOutbound): void
}

/** One runtime's access to a `MemoryNetwork`. */
export class MemoryTransport implements Transport {
  readonly #host: MemoryHost
  readonly #wire: Wire
  readonly #registry: Registry
  readonly #open = new Set<MemoryInbound | MemoryOutbound>()
  /** Probes under way: how to end each. */
  readonly #probes = new Set<() => void>()
  #closed = false

  constructor(host: MemoryHost, wire: Wire, registry: Registry) {
    this.#host = host
    this.#wire = wire
    this.#registry = registry
  }

  async listen(options: ListenOptions, on: InboundEvents): Promise<Inbound> {
    this.#checkOpen()
    const { schemes, instance, frameBytes } = options
    if (schemes.length !== 1 || schemes[0] !== 'mem')
      throw invalidOption('schemes', schemes.join(', '), 'mem')
    if (!/^[\w.-]+$/.test(instance)) throw invalidOption('instance', instance, 'letters, digits, _, - and .')
    const endpoint = `mem://${instance}`
    return this.#add(new MemoryInbound(this.#host, endpoint, frameBytes, on, this.#remove))
  }

  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound {
    this.#checkOpen()
    checkEndpoint(endpoint)
    return this.#add(new MemoryOutbound(this.#wire, this.#host, endpoint, options, on, this.#remove))
  }

  async probe(endpoint: string, timeoutMs: number): Promise<ProbeVerdict> {
    this.#checkOpen()
    checkEndpoint(endpoint)
    const { clock } = this.#wire
    return new Promise((resolve) => {
      const settle = (verdict: ProbeVerdict) => {
        timer.cancel()
        deadline.cancel()
        this.#probes.delete(giveUp)
        this.#host.run(() => resolve(verdict))
      }
      const giveUp = () => settle('unknown')
      const timer: Timer = clock.after(this.#wire.latency() + this.#wire.latency(), () => {
        const verdict = this.#verdict(endpoint)
        if (verdict !== 'unknown') settle(verdict)
      })
      const deadline: Timer = clock.after(timeoutMs, giveUp)
      this.#probes.add(giveUp)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const giveUp of this.#probes) giveUp()
    await Promise.all(Array.from(this.#open, (each) => each.close()))
  }

  #add<T extends MemoryInbound | MemoryOutbound>(opened: T): T {
    this.#registry.add(opened)
    this.#open.add(opened)
    return opened
  }

  readonly #remove = (closed: MemoryInbound | MemoryOutbound): void => {
    this.#open.delete(closed)
    this.#registry.remove(closed)
  }

  #verdict(endpoint: string): ProbeVerdict {
    switch (this.#wire.route(this.#host, endpoint).kind) {
      case 'refused':
        return 'refused'
      case 'open':
      case 'silent':
        return 'accepted' // The kernel accepts for whoever listens, frozen or not.
      case 'lost':
        return 'unknown'
    }
  }

  #checkOpen(): void {
    if (this.#closed || this.#host.dead) throw new SkeinError('ERR_CLOSED', 'this transport is closed')
  }
}

function checkEndpoint(endpoint: string): void {
  if (/^mem:\/\/[\w.-]+$/.test(endpoint)) return
  const message = `${endpoint} is not a usable address: it is not of the form mem://name`
  throw new SkeinError('ERR_INVALID_ADDRESS', message, { address: endpoint })
}
