import type { MemoryNetwork } from '@skein/core/internal'
import { uidOf } from './member.js'
import type { Fault, Plan } from './plan.js'

/** The longest and the shortest time from one host to another, in milliseconds, as it is at this moment. */
export class Latency {
  readonly #usual: Plan['latency']
  /** Milliseconds more than usual. */
  extra = 0

  constructor(usual: Plan['latency']) {
    this.#usual = usual
  }

  get min(): number {
    return this.#usual.min
  }

  get max(): number {
    return this.#usual.max + this.extra
  }
}

/** The faults of a simulation that the network has: those of a kind may overlap. */
export class NetworkFaults {
  readonly #network: MemoryNetwork
  readonly #latency: Latency
  readonly #active = new Set<Fault>()

  constructor(network: MemoryNetwork, latency: Latency) {
    this.#network = network
    this.#latency = latency
  }

  begin(fault: Fault): void {
    this.#active.add(fault)
    this.#apply(fault)
  }

  end(fault: Fault): void {
    this.#active.delete(fault)
    const { kind } = fault
    const uid = uidOf(fault.member)
    if (kind === 'refused') this.#network.refuse(uid, false)
    if (kind === 'half-open') this.#network.halfOpen(uid, false)
    if (kind === 'delay') this.#latency.extra = 0
    if (kind === 'one-way' || kind === 'partition') this.#network.heal(uid, uidOf(fault.other))
    for (const other of this.#active) if (other.kind !== 'cut') this.#apply(other)
  }

  #apply({ kind, member, other, size }: Fault): void {
    const [uid, second] = [uidOf(member), uidOf(other)]
    if (kind === 'delay') this.#latency.extra = Math.max(size, this.#latency.extra)
    if (kind === 'cut') this.#network.cut(uid, second)
    if (kind === 'refused') this.#network.refuse(uid, true)
    if (kind === 'half-open') this.#network.halfOpen(uid, true)
    if (kind === 'one-way') this.#network.partition(uid, second, { oneWay: true })
    if (kind === 'partition') this.#network.partition(uid, second)
  }
}
