import type { Timer } from '@skein/core/internal'
import type { RemoteObject, Runtime } from '@skein/runtime'
import type { Journal } from '../audit/journal.js'
import { payloadOf } from '../audit/payloads.js'
import { outcomeOf } from '../audit/record.js'
import { OPERATIONS, type Operation, operations } from './operations.js'
import type { Known } from './orders.js'
import { type FaultsService, type Resident, SERVICE } from './service.js'

/** How often every peer is asked something, in milliseconds. */
const EVERY = 50

/** Requests that may await their answers at one peer. */
const WINDOW = 512

interface Peer extends Known {
  awaited: number
  resident: RemoteObject<Resident> | undefined
  isFetching: boolean
}

/** The requests of one member. */
export class Load {
  readonly #number: number
  readonly #runtime: Runtime
  readonly #journal: Journal
  readonly #peers = new Map<number, Peer>()
  #timer: Timer | undefined
  #seq = 0
  #open = 0

  constructor(number: number, runtime: Runtime, journal: Journal) {
    this.#number = number
    this.#runtime = runtime
    this.#journal = journal
  }

  /** How many requests have not settled. */
  get open(): number {
    return this.#open
  }

  /** These are there; those that are not named are gone. */
  meet(peers: readonly Known[]): void {
    const numbers = new Set(peers.map(({ number }) => number))
    for (const number of this.#peers.keys()) if (!numbers.has(number)) this.#peers.delete(number)
    for (const { number, uid } of peers) {
      if (number === this.#number || this.#peers.has(number)) continue
      this.#peers.set(number, { number, uid, awaited: 0, resident: undefined, isFetching: false })
    }
  }

  /** Begins with steady requests, or ends them. */
  turn(isOn: boolean): void {
    this.#timer?.cancel()
    this.#timer = isOn ? this.#runtime.clock.after(EVERY, () => this.#round()) : undefined
  }

  /** A peer is dead or has left: its session, and what it held for us, are over. */
  ended(uid: string): void {
    for (const peer of this.#peers.values()) {
      if (peer.uid !== uid) continue
      this.#journal.note({ kind: 'ended', peer: peer.number, seq: this.#seq })
      peer.resident = undefined
    }
  }

  /** Makes one request, and resolves when it has settled, however. */
  async ask(name: Operation, { number, uid }: Known, bytes: number): Promise<void> {
    const seq = ++this.#seq
    const about = { peer: number, seq }
    const peer = this.#peers.get(number)
    if (peer !== undefined) peer.awaited += 1
    this.#open += 1
    this.#journal.note({ kind: 'sent', ...about, operation: OPERATIONS.indexOf(name), bytes })
    const other = { uid, comms: this.#runtime.comms, clock: this.#runtime.clock, resident: peer?.resident }
    try {
      const answer = await operations[name](other, [this.#number, seq, payloadOf(seq, bytes)])
      const outcome = answer === undefined ? 'sent' : answer === seq ? 'result' : 'wrong-result'
      this.#journal.note({ kind: 'settled', ...about, outcome, executed: undefined })
    } catch (error) {
      this.#journal.note({ kind: 'settled', ...about, ...outcomeOf(error) })
    }
    this.#open -= 1
    if (peer !== undefined) peer.awaited -= 1
  }

  #round(): void {
    for (const peer of this.#peers.values()) {
      if (peer.awaited >= WINDOW) continue
      if (peer.resident === undefined) this.#fetchResident(peer)
      const { name, bytes } = STEADY[(this.#seq + peer.number) % STEADY.length] ?? FIRST
      void this.ask(name, peer, bytes)
    }
    this.turn(true)
  }

  /** Gets an object of the peer's, to send it commands. Without one, they go to its service. */
  #fetchResident(peer: Peer): void {
    if (peer.isFetching) return
    peer.isFetching = true
    const fetched = this.#runtime.proxy<FaultsService>(peer.uid, SERVICE).resident()
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

interface Steady {
  readonly name: Operation
  readonly bytes: number
}

const FIRST: Steady = { name: 'call', bytes: 40 }

/** What is asked, in turn. From 4 KiB on, a payload travels beside the message. */
const STEADY: readonly Steady[] = [
  FIRST,
  { name: 'cmd', bytes: 300 },
  { name: 'send', bytes: 10 },
  { name: 'stream', bytes: 0 },
  { name: 'linger', bytes: 100 },
  { name: 'call', bytes: 6000 },
  { name: 'cmd', bytes: 0 },
]
