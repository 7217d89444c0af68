import { MemoryNetwork, systemClock, ZmqTransport } from '@skein/core/internal'
import { done } from '../ordered-main.js'
import { giveUpTwice } from './giving-up.js'
import { Member } from './member.js'
import { type MemberConfig, type Mischief, type News, type Order, type Tampering, uidOf } from './orders.js'
import { safeguardsWithout } from './sabotage.js'
import { TamperingTransport } from './tampering.js'

/** How often progress is told, in milliseconds. */
const TELL_EVERY = 5

interface Held {
  readonly member: Member
  readonly transport: TamperingTransport
}

/** The members in one process: one, or, in a simulation, all. Does what the auditor orders. */
export class Host {
  readonly #tell: (news: News) => void
  readonly #held = new Map<number, Held>()
  readonly #telling = new Set<number>()
  #network: MemoryNetwork | undefined

  constructor(tell: (news: News) => void) {
    this.#tell = tell
  }

  async obey(order: Order): Promise<void> {
    switch (order.kind) {
      case 'peers':
        return this.#member(order.member).member.meet(order.peers)
      case 'budget':
        return this.#member(order.member).member.spend(order)
      default:
        this.#tell(await done(order.id, () => this.#perform(order)))
    }
  }

  async #perform(order: Order): Promise<void> {
    switch (order.kind) {
      case 'start':
        return this.#start(order.config)
      case 'tamper':
        return this.#tamper(this.#member(order.member).transport, order.tampering)
      case 'give-up': {
        const { member, transport } = this.#member(order.member)
        return giveUpTwice(member, transport, order.peer)
      }
      case 'mischief':
        return this.#misbehave(uidOf(order.member), order.mischief)
      case 'kill':
        return this.#kill(order.member)
      case 'flush':
        return this.#member(order.member).member.flush()
      case 'seal':
        for (const { member } of this.#held.values()) member.seal()
        return
      case 'stop':
        await Promise.all(Array.from(this.#held.values(), ({ member }) => member.runtime.stop()))
        await this.#network?.close()
    }
  }

  async #start(config: MemberConfig): Promise<void> {
    const { member: number, endpoint } = config
    const uid = uidOf(number)
    const inMemory = config.transport === 'memory'
    const inner = inMemory ? this.#simulated().transport(uid) : new ZmqTransport()
    const transport = new TamperingTransport(inner, (bound) => {
      this.#tell({ kind: 'bound', member: number, endpoint: bound[0] ?? '' })
      return endpoint === undefined ? bound : [endpoint]
    })
    const member = new Member(
      config,
      {
        transport,
        safeguards: safeguardsWithout(config.sabotage),
        place: inMemory ? { host: 'simulated', process: uid } : undefined,
      },
      () => this.#progressed(member),
    )
    await member.runtime.start()
    this.#held.set(number, { member, transport })
  }

  #tamper(transport: TamperingTransport, tampering: Tampering): void {
    switch (tampering.how) {
      case 'repeat':
        return transport.repeat(tampering.count)
      case 'swap':
        return transport.swap(tampering.count)
      case 'withhold':
        return transport.withhold('present')
      case 'release':
        return transport.release()
      case 'behave':
        return transport.behave()
    }
  }

  #misbehave(uid: string, mischief: Mischief): void {
    const network = this.#simulated()
    const others = Array.from(this.#held.keys(), uidOf).filter((other) => other !== uid)
    switch (mischief) {
      case 'cut':
        for (const other of others) network.cut(uid, other)
        return
      case 'darken':
        for (const other of others) network.partition(uid, other)
        return
      case 'lighten':
        network.heal()
    }
  }

  async #kill(number: number): Promise<void> {
    const { member } = this.#member(number)
    this.#held.delete(number)
    this.#simulated().kill(uidOf(number))
    await member.drop()
  }

  /** Told soon, together with what else happens until then. */
  #progressed(member: Member): void {
    if (this.#telling.has(member.number)) return
    this.#telling.add(member.number)
    systemClock.after(TELL_EVERY, () => {
      this.#telling.delete(member.number)
      member.flushJournal()
      this.#tell({ kind: 'progress', ...member.progress })
    })
  }

  #member(number: number): Held {
    const held = this.#held.get(number)
    if (held === undefined) throw new RangeError(`${uidOf(number)} is not here`)
    return held
  }

  #simulated(): MemoryNetwork {
    this.#network ??= new MemoryNetwork({ clock: systemClock, seed: 1, latency: { min: 0, max: 2 } })
    return this.#network
  }
}
