import type { Clock } from '../clock.js'
import { invalidOption, SkeinError } from '../errors.js'
import { MemoryConditions } from './memory-conditions.js'
import { MemoryHost } from './memory-host.js'
import type { MemoryInbound } from './memory-inbound.js'
import { MemoryOutbound, type Route, type Wire } from './memory-outbound.js'
import { MemoryTransport } from './memory-transport.js'
import { Prng } from './prng.js'
import type { Transport } from './transport.js'

export interface MemoryNetworkOptions {
  clock: Clock
  /** The same seed and the same calls give the same events at the same instants. */
  seed: number
  /** Milliseconds from one host to another, drawn anew for every batch; order within a connection is kept. */
  latency: { min: number; max: number }
}

/**
 * A network of nothing but memory and a clock, for simulations. A host is a process here: it can be busy, frozen or
 * killed, and what lies between two can be cut or held up. The compliance suite holds it to what ZeroMQ does.
 */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #prng: Prng
  readonly #conditions = new MemoryConditions()
  readonly #hosts = new Map<string, MemoryHost>()
  readonly #transports = new Set<MemoryTransport>()
  readonly #outbounds = new Set<MemoryOutbound>()
  readonly #listeners = new Map<string, MemoryInbound>()
  /** Where an endpoint was last listened at; a partition hides whether it still is. */
  readonly #places = new Map<string, string>()
  readonly #wire: Wire

  constructor({ clock, seed, latency }: MemoryNetworkOptions) {
    if (!(latency.min >= 0 && latency.max >= latency.min)) {
      throw invalidOption(
        'latency',
        `${latency.min}..${latency.max}`,
        'min of 0 or more, and max of min or more',
      )
    }
    this.#clock = clock
    this.#prng = new Prng(seed)
    this.#wire = {
      clock,
      latency: () => this.#prng.between(latency.min, latency.max),
      partOf: (ms) => this.#prng.between(0, ms),
      route: (from, endpoint) => this.#route(from, endpoint),
      passes: (from, to) => !from.frozen && !to.frozen && this.#conditions.passes(from.name, to.name),
    }
  }

  /** A transport for a runtime on this host. After a kill, the first one begins the host's next life. */
  transport(host: string): Transport {
    const transport = new MemoryTransport(this.#host(host), this.#wire, {
      add: (opened) => this.#add(opened),
      remove: (closed) => this.#remove(closed),
    })
    this.#transports.add(transport)
    return transport
  }

  /** The host's JavaScript is busy: what is meant for it waits, while its I/O answers heartbeats and handshakes. */
  stall(host: string): void {
    this.#host(host).pause('stalled')
    this.#reconsider()
  }

  /** The host is stopped altogether, as by SIGSTOP: its kernel still accepts connections, but nothing answers. */
  freeze(host: string): void {
    this.#host(host).pause('frozen')
    this.#reconsider()
  }

  /** Ends a stall or a freeze. What has waited comes in a burst. */
  resume(host: string): void {
    this.#host(host).resume()
    this.#reconsider()
  }

  /** The host's process dies: its connections break at once, what is under way is lost, new ones are refused. */
  kill(host: string): void {
    const victim = this.#hosts.get(host)
    if (victim === undefined) return
    this.#hosts.delete(host)
    victim.kill()
    for (const inbound of [...this.#listeners.values()]) {
      if (inbound.host === victim) this.#remove(inbound)
    }
    for (const outbound of this.#outbounds) {
      if (outbound.host === victim) outbound.break('its own process is dead')
    }
  }

  /** Breaks the connections that there are between two hosts; what is under way is lost. They may be dialled again. */
  cut(a: string, b: string): void {
    for (const outbound of this.#outbounds) {
      const to = outbound.inbound?.host.name
      const from = outbound.host.name
      if ((from === a && to === b) || (from === b && to === a)) outbound.break('connection lost')
    }
  }

  /**
   * Nothing that `a` sends reaches `b` any more, nor the other way, unless it is `oneWay`. Nobody is told: watched
   * connections find out by the silence, others hold what is sent on them and deliver it if the network heals.
   */
  partition(a: string, b: string, { oneWay = false }: { oneWay?: boolean } = {}): void {
    this.#conditions.block(a, b)
    if (!oneWay) this.#conditions.block(b, a)
    this.#reconsider()
  }

  /** Ends the partition between two hosts, in both directions; without arguments, every partition. */
  heal(a?: string, b?: string): void {
    if (a === undefined || b === undefined) this.#conditions.unblockAll()
    else {
      this.#conditions.unblock(a, b)
      this.#conditions.unblock(b, a)
    }
    this.#reconsider()
  }

  /** The host refuses new connections, or no longer does. */
  refuse(host: string, on: boolean): void {
    this.#conditions.setRefusing(host, on)
    this.#reconsider()
  }

  /** New connections to the host are accepted and never answered, or no longer so. */
  halfOpen(host: string, on: boolean): void {
    this.#conditions.setHalfOpen(host, on)
    this.#reconsider()
  }

  /** Closes every transport. No alarm of the network's is left on the clock. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#transports, (transport) => transport.close()))
    for (const host of this.#hosts.values()) host.kill()
  }

  #host(name: string): MemoryHost {
    const known = this.#hosts.get(name)
    if (known !== undefined) return known
    const host = new MemoryHost(name, this.#clock)
    this.#hosts.set(name, host)
    return host
  }

  #add(opened: MemoryInbound | MemoryOutbound): void {
    if (opened instanceof MemoryOutbound) {
      this.#outbounds.add(opened)
      return
    }
    const { endpoint, host } = opened
    if (this.#listeners.has(endpoint)) {
      const message = `${endpoint} is held by another listener`
      throw new SkeinError('ERR_ADDRESS_IN_USE', message, { address: endpoint })
    }
    this.#listeners.set(endpoint, opened)
    this.#places.set(endpoint, host.name)
    this.#reconsider()
  }

  #remove(closed: MemoryInbound | MemoryOutbound): void {
    if (closed instanceof MemoryOutbound) {
      this.#outbounds.delete(closed)
      return
    }
    if (this.#listeners.get(closed.endpoint) === closed) this.#listeners.delete(closed.endpoint)
    for (const outbound of this.#outbounds) {
      if (outbound.inbound === closed) outbound.break('connection lost')
    }
    this.#reconsider()
  }

  #route(from: MemoryHost, endpoint: string): Route {
    const place = this.#places.get(endpoint)
    if (place === undefined) return { kind: 'refused' }
    const isCutOff = !this.#conditions.passes(from.name, place) || !this.#conditions.passes(place, from.name)
    if (isCutOff || from.frozen) return { kind: 'lost' }
    const inbound = this.#listeners.get(endpoint)
    if (inbound === undefined || this.#conditions.refuses(place)) return { kind: 'refused' }
    if (inbound.host.frozen || this.#conditions.isHalfOpen(place)) return { kind: 'silent' }
    return { kind: 'open', inbound }
  }

  #reconsider(): void {
    for (const outbound of this.#outbounds) outbound.reconsider()
  }
}
