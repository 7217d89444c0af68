import type { Place, Safeguards, Transport } from '@skein/core/internal'
import { type RemoteObject, Runtime } from '@skein/runtime'
import { type Random, seededRandom } from '../random.js'
import { Journal } from './journal.js'
import { AUDIT, type Audited, type AuditService, chooseOperation, operations } from './operations.js'
import { type MemberConfig, memberOf, type Progress, uidOf } from './orders.js'
import { LARGEST, payloadOf } from './payloads.js'
import { outcomeOf } from './record.js'
import { auditService } from './service.js'
import { Streaming } from './streaming.js'

export interface MemberParts {
  readonly transport: Transport
  readonly safeguards: Safeguards
  readonly place?: Place | undefined
}

/** A peer that lives, as far as the auditor has told. */
interface Peer {
  readonly member: number
  readonly uid: string
  /** Nothing is asked of it for the time being. */
  isShunned: boolean
  awaited: number
  resident: RemoteObject<Audited> | undefined
  isFetching: boolean
}

interface Budget {
  until: number
  focus: number
  large: number
}

/** Requests that are made in one turn of the event loop. */
const PER_TURN = 8

/** From here on a payload travels beside the message. */
const ATTACHED = 4096

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** One runtime of an audit: asks the others without end, as far as its budget goes, and writes down what it did. */
export class Member {
  readonly number: number
  readonly runtime: Runtime
  readonly #config: MemberConfig
  readonly #random: Random
  readonly #journal: Journal
  readonly #streaming: Streaming
  readonly #peers = new Map<number, Peer>()
  #budget: Budget = { until: 0, focus: 0, large: 0 }
  readonly #progressed: () => void
  #seq = 0
  #issued = 0
  #settled = 0
  #isTurning = false

  /** @param progressed something was sent or has settled */
  constructor(config: MemberConfig, parts: MemberParts, progressed: () => void) {
    const { member, transport, meshToken, monitor } = config
    this.number = member
    this.#config = config
    this.#progressed = progressed
    this.#random = seededRandom(config.seed * 1009 + member)
    this.#journal = new Journal(config.journal)
    this.runtime = new Runtime(
      {
        uid: uidOf(member),
        meshToken,
        monitor,
        introduces: monitor === undefined,
        transports: [transport === 'memory' ? 'mem' : transport],
        port: 0,
        timeout: Number.POSITIVE_INFINITY,
        logger: quiet,
      },
      parts,
    )
    this.#streaming = new Streaming(this.#journal, this.runtime.clock, progressed)
    const service = auditService({
      journal: this.#journal,
      clock: this.runtime.clock,
      random: this.#random,
      streaming: this.#streaming,
      share: (object) => this.runtime.share(object),
      ask: (peer) => this.#relay(peer),
    })
    this.runtime.expose(AUDIT, service)
    this.runtime.on('peer', ({ uid, is }) => {
      if (is === 'dead' || is === 'left') this.#ended(memberOf(uid))
    })
  }

  get progress(): Progress {
    return {
      member: this.number,
      issued: this.#issued,
      sent: this.#seq,
      settled: this.#settled,
      streaming: this.#streaming.open,
    }
  }

  /** These are there; those that are not named are gone. */
  meet(members: readonly number[]): void {
    for (const member of this.#peers.keys()) if (!members.includes(member)) this.#peers.delete(member)
    for (const member of members) {
      if (member === this.number || this.#peers.has(member)) continue
      const uid = uidOf(member)
      this.#peers.set(member, {
        member,
        uid,
        isShunned: false,
        awaited: 0,
        resident: undefined,
        isFetching: false,
      })
    }
    this.#turnSoon()
  }

  spend({ until, focus, large }: Readonly<Budget>): void {
    this.#budget = { until, focus, large }
    this.#turnSoon()
  }

  /** Asks nothing of a peer, until it is not shunned any more. */
  shun(member: number, isShunned: boolean): void {
    const peer = this.#peers.get(member)
    if (peer !== undefined) peer.isShunned = isShunned
  }

  /** Asks every peer something behind all that was sent to it. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#peers.values(), (peer) => this.#perform(0, peer, 0)))
  }

  /** What it has written down so far is in the hands of the system. */
  flushJournal(): void {
    this.#journal.flush()
  }

  /** The audit is over: what settles now does so because the members end. */
  seal(): void {
    this.#journal.close()
  }

  /** Its process is dead, as the network sees it: nothing that it holds is of any more use. */
  async drop(): Promise<void> {
    this.#peers.clear()
    this.#journal.close()
    await this.runtime.destroy()
  }

  /** On behalf of another, where that peer is there. */
  async #relay(member: number): Promise<void> {
    const peer = this.#peers.get(member)
    if (peer?.isShunned === false) await this.#perform(0, peer, this.#size())
  }

  #ended(member: number): void {
    this.#journal.note({ kind: 'ended', peer: member, seq: this.#seq })
    const peer = this.#peers.get(member)
    // With the session, its hold was given up.
    if (peer !== undefined) peer.resident = undefined
  }

  #turnSoon(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    setImmediate(() => {
      this.#isTurning = false
      this.#turn()
    })
  }

  /** Makes some requests, and goes on in the next turn while there is budget and a peer with room. */
  #turn(): void {
    for (let n = 1 + Math.floor(this.#random() * PER_TURN); n > 0; n--) {
      if (this.#issued >= this.#budget.until) return
      const peer = this.#choose()
      if (peer === undefined) return
      this.#issued += 1
      void this.#perform(chooseOperation(this.#random), peer, this.#size())
    }
    this.#turnSoon()
  }

  /** Every other request goes to the peer in focus, as long as it has room. */
  #choose(): Peer | undefined {
    const hasRoom = (peer: Peer | undefined) =>
      peer !== undefined && !peer.isShunned && peer.awaited < this.#config.window
    const focus = this.#peers.get(this.#budget.focus)
    if (hasRoom(focus) && this.#random() < 0.5) return focus
    const free = [...this.#peers.values()].filter(hasRoom)
    return free[Math.floor(this.#random() * free.length)]
  }

  #size(): number {
    if (this.#budget.large > 0) {
      this.#budget.large -= 1
      return LARGEST
    }
    const kind = this.#random()
    if (kind < 0.7) return Math.floor(this.#random() * 64)
    if (kind < 0.97) return Math.floor(this.#random() * 1024)
    return ATTACHED + Math.floor(this.#random() * ATTACHED * 4)
  }

  /** Resolves when the request has settled, however. */
  async #perform(place: number, peer: Peer, bytes: number): Promise<void> {
    const operation = operations[place]
    if (operation === undefined) throw new RangeError(`there is no operation ${place}`)
    const seq = ++this.#seq
    const about = { peer: peer.member, seq }
    if (peer.resident === undefined) this.#fetchResident(peer)
    peer.awaited += 1
    this.#journal.note({ kind: 'sent', ...about, operation: place, bytes })
    const other = {
      uid: peer.uid,
      comms: this.runtime.comms,
      resident: peer.resident,
      third: this.#third(peer),
      random: this.#random,
      streaming: this.#streaming,
    }
    try {
      const answer = await operation.perform(other, [this.number, seq, payloadOf(seq, bytes)])
      const outcome = operation.isOneWay ? 'sent' : answer === seq ? 'result' : 'wrong-result'
      this.#journal.note({ kind: 'settled', ...about, outcome, executed: undefined })
    } catch (error) {
      this.#journal.note({ kind: 'settled', ...about, ...outcomeOf(error) })
    }
    peer.awaited -= 1
    this.#settled += 1
    this.#progressed()
    this.#turnSoon()
  }

  #third(peer: Peer): number {
    const others = [...this.#peers.keys()].filter((member) => member !== peer.member)
    return others[Math.floor(this.#random() * others.length)] ?? this.number
  }

  /** Gets an object of the peer's, to send it commands. Without one, they go to its service. */
  #fetchResident(peer: Peer): void {
    if (peer.isFetching) return
    peer.isFetching = true
    const fetched = this.runtime.proxy<AuditService>(peer.uid, AUDIT).resident()
    fetched.then(
      (resident) => {
        peer.isFetching = false
        peer.resident = resident
      },
      () => {
        peer.isFetching = false
      },
    )
  }
}
