import type { CommsOptions, PeerChange } from '@skein/core'
import { MemoryNetwork, TurnedClock } from '@skein/core/internal'
import type { Outcome } from '../audit/record.js'
import { type Random, seededRandom } from '../random.js'
import { Member, type MemberParts, uidOf } from './member.js'
import { Latency, NetworkFaults } from './network-faults.js'
import { type Fault, LENGTH, LONGEST_DEADLINE, type Plan, type PlannedRequest, TAMPERING } from './plan.js'
import { type Sabotage, safeguardsWithout } from './sabotage.js'

/** What is told of a simulation while it runs. */
export interface StageEvents {
  changed(member: Member, change: PeerChange): void
  /** An instance has died. */
  crashed(member: Member): void
  /** Something happened, for people. */
  tell(who: string, what: string): void
  /** A request has ended for its caller. */
  settled(request: Asked, outcome: Outcome): void
}

/** What is wrong with the members of a simulation that is to find something. */
export interface Flaws {
  /** How they judge each other, in place of core's defaults. */
  readonly liveness?: CommsOptions['liveness']
  /** What they have to do without. */
  readonly sabotage?: Sabotage | undefined
}

/** A request that was sent. */
export interface Asked {
  readonly from: Member
  readonly to: Member
  readonly seq: number
  /** When it was sent, and how long its answer may take, in milliseconds. */
  readonly at: number
  readonly deadline: number
  /** Whether its caller took that very instance for one that is there. */
  readonly isKnown: boolean
}

/** Milliseconds after which a runtime that could not join is started again. */
const AGAIN = 500

/** Milliseconds more that a request may take than its deadline: its caller's clock may be slow, or its loop blocked. */
const MARGIN = 2000

/** A mesh in memory, to which happens what a plan says. */
export class Stage {
  readonly clock = new TurnedClock()
  readonly members: Member[] = []
  readonly #plan: Plan
  readonly #on: StageEvents
  readonly #network: MemoryNetwork
  readonly #faults: NetworkFaults
  readonly #parts: MemberParts
  /** The latest instance of each. */
  readonly #latest = new Map<number, Member>()
  #closing = false
  #seq = 0

  constructor(plan: Plan, on: StageEvents, { liveness, sabotage }: Flaws = {}) {
    const { clock } = this
    const latency = new Latency(plan.latency)
    this.#plan = plan
    this.#on = on
    this.#network = new MemoryNetwork({ clock, seed: plan.seed, latency })
    this.#faults = new NetworkFaults(this.#network, latency)
    const random = seededRandom(plan.seed)
    this.#parts = {
      network: this.#network,
      clock,
      random: { bytes: (n) => bytesOf(random, n) },
      keepsAddress: plan.keepsAddress,
      holders: new Map(),
      oneMachine: plan.oneMachine,
      liveness,
      safeguards: safeguardsWithout(sabotage),
      isTamperedWith: (place) =>
        plan.faults.some(({ kind, member }) => TAMPERING.includes(kind) && member === place),
      changed: (member, change) => on.changed(member, change),
    }
  }

  /** Those that are there. */
  get living(): Member[] {
    return this.members.filter((member) => member.lives)
  }

  /** Plays the plan to its end: for as long as it says, and as its last requests take. */
  async play(): Promise<void> {
    const { runtimes, faults, requests } = this.#plan
    for (let place = 0; place < runtimes; place++) this.#at(place * 20, () => this.#launch(place))
    for (const fault of faults) this.#at(fault.at, () => this.#begin(fault))
    for (const request of requests) this.#at(request.at, () => this.#ask(request))
    await this.clock.advance(LENGTH)
  }

  /** Gives what is asked the time that it may take. */
  async settle(): Promise<void> {
    const until = LENGTH + LONGEST_DEADLINE + MARGIN
    while (this.living.some(({ open }) => open > 0) && this.clock.now() < until) await this.clock.advance(100)
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const member of this.living) member.crash()
    await this.#network.close()
    await this.clock.advance(0)
  }

  #at(ms: number, fn: () => void): void {
    this.clock.after(ms - this.clock.now(), fn)
  }

  #launch(place: number): void {
    const member = new Member(this.members.length, place, this.#parts)
    this.members.push(member)
    this.#latest.set(place, member)
    this.#on.tell(member.uid, `starts as instance ${member.number}`)
    void member.start().then((joined) => this.#joined(member, joined))
  }

  #joined(member: Member, joined: boolean): void {
    if (joined || this.#closing || this.#latest.get(member.place) !== member) return
    this.#on.tell(member.uid, `instance ${member.number} could not join`)
    this.clock.after(AGAIN, () => {
      if (!this.#closing && this.#latest.get(member.place) === member) this.#launch(member.place)
    })
  }

  #ask(request: PlannedRequest): void {
    const from = this.#latest.get(request.from)
    const to = this.#latest.get(request.to)
    // What a stalled runtime does, it does afterwards.
    if (from?.isRunning === true && to !== undefined) from.clock.whenFree(() => this.#send(from, to, request))
  }

  #send(from: Member, to: Member, request: PlannedRequest): void {
    const seq = ++this.#seq
    const { deadline } = request
    const asked: Asked = { from, to, seq, at: this.clock.now(), deadline, isKnown: from.sees(to) }
    void from.ask({ ...request, to, seq }).then(({ outcome, executed = '' }) => {
      if (!from.lives) return
      if (outcome !== 'result') this.#on.tell(from.uid, `request ${seq} to ${to.uid}: ${outcome} ${executed}`)
      this.#on.settled(asked, outcome)
    })
  }

  #begin(fault: Fault): void {
    const member = this.#latest.get(fault.member)
    this.#on.tell(uidOf(fault.member), describe(fault))
    if (fault.kind === 'restart') return this.#restart(fault)
    if (fault.kind === 'stall') return member && this.#stall(member, fault)
    if (fault.kind === 'drift') return member && this.#drift(member, fault)
    if (fault.kind === 'repeat' || fault.kind === 'swap')
      return member && this.#tamper(member, fault.kind, fault)
    this.#faults.begin(fault)
    if (fault.kind === 'cut') this.#faults.end(fault)
    else this.#at(fault.until, () => this.#end(fault))
  }

  #end(fault: Fault): void {
    this.#on.tell(uidOf(fault.member), `${fault.kind} is over`)
    this.#faults.end(fault)
  }

  #restart({ member: place, until }: Fault): void {
    const victim = this.#latest.get(place)
    if (victim?.isRunning !== true) return
    this.#latest.delete(place)
    this.#network.kill(victim.uid)
    victim.crash()
    this.#on.crashed(victim)
    this.#at(until, () => this.#launch(place))
  }

  #stall(member: Member, { at, until, other }: Fault): void {
    if (!member.isRunning) return
    const to = this.#latest.get(other)
    // Posted in the turn that blocks the loop, so that it leaves when that is over.
    if (to !== undefined && !member.clock.stalled)
      this.#send(member, to, {
        at,
        from: member.place,
        to: other,
        deadline: LONGEST_DEADLINE,
        takes: 0,
        bytes: 0,
      })
    member.clock.stall(until - at)
    this.#network.stall(member.uid)
    // Timers come before what has come in, as they do in Node.
    member.clock.whenFree(() => {
      if (!member.clock.stalled) this.#network.resume(member.uid)
    })
  }

  #tamper(member: Member, how: 'repeat' | 'swap', { until, size }: Fault): void {
    member.tamper(how, size)
    this.#at(until, () => member.behave())
  }

  #drift(member: Member, { until, size }: Fault): void {
    member.clock.drift(size)
    this.#at(until, () => member.clock.drift(1))
  }
}

function bytesOf(random: Random, n: number): Uint8Array {
  const bytes = new Uint8Array(n)
  for (let i = 0; i < n; i++) bytes[i] = random() * 256
  return bytes
}

function describe({ kind, member, other, at, until, size }: Fault): string {
  const between = kind === 'cut' || kind === 'one-way' || kind === 'partition' ? ` to ${uidOf(other)}` : ''
  const much = kind === 'delay' ? ` of ${size} ms` : kind === 'drift' ? ` of ${size}` : ''
  return `${kind}${much}${between} for ${until - at} ms (${member}, ${other})`
}
