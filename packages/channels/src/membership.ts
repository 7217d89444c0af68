import type { PeerChange } from '@skein/core'
import { type Clock, isGone, type Timer } from '@skein/core/internal'

/** What the membership needs of the runtime that it stands on, and what it tells. */
export interface MembershipPort {
  readonly uid: string
  /** The id of the context. */
  readonly id: string
  readonly clock: Clock
  /** Whether the others learn of each other by this runtime. */
  readonly introduces: boolean
  /** The runtimes that there is a link to. */
  linked(): readonly string[]
  /** Opens a link where there is none. Rejects if that fails. */
  send(uid: string, method: string, ...args: readonly unknown[]): Promise<void>
  joined(uid: string, context: string): void
  parted(uid: string): void
}

/** Milliseconds until those who could not be greeted, or were lost, are asked for again. */
const GREET_AGAIN = 1000

/**
 * Which runtimes of a mesh have channels, so that their contexts find each other. Whoever begins to have some greets all
 * that it has a link to, and is greeted by those that have channels themselves; whoever introduces the runtimes to each
 * other tells it of the rest.
 */
export class Membership {
  readonly #port: MembershipPort
  /** The ids of the contexts of those who have greeted, by uid. */
  readonly #members = new Map<string, string>()
  readonly #greeted = new Set<string>()
  readonly #introducers = new Set<string>()
  #isActive = false
  #again: Timer | undefined

  constructor(port: MembershipPort) {
    this.#port = port
  }

  /** This runtime has channels now. */
  begin(): void {
    if (this.#isActive) return
    this.#isActive = true
    for (const uid of this.#port.linked()) this.#greet(uid)
    for (const [uid, context] of this.#members) {
      this.#greet(uid)
      this.#port.joined(uid, context)
    }
  }

  /** Tells the others that it has none any more. */
  sayGoodbye(): void {
    for (const uid of this.#greeted) this.#port.send(uid, 'bye').catch(() => {})
  }

  /** It has none any more. */
  end(): void {
    if (!this.#isActive) return
    this.#isActive = false
    this.#again?.cancel()
    this.#again = undefined
    this.#greeted.clear()
    for (const uid of this.#members.keys()) this.#port.parted(uid)
  }

  /** A runtime has channels, and a context of that id. */
  hello(from: string, context: string): void {
    const before = this.#members.get(from)
    if (before !== undefined && before !== context) this.bye(from)
    this.#members.set(from, context)
    if (this.#isActive) {
      this.#greet(from)
      if (before !== context) this.#port.joined(from, context)
    }
    if (!this.#port.introduces) return
    const others = [...this.#members.keys()].filter((uid) => uid !== from)
    this.#port.send(from, 'members', others).catch(() => {})
  }

  /** Whoever introduces the runtimes to each other tells which of them have channels. */
  others(from: string, uids: readonly string[]): void {
    this.#introducers.add(from)
    if (this.#isActive) for (const uid of uids) if (uid !== this.#port.uid) this.#greet(uid)
  }

  /** A runtime has no channels any more. */
  bye(from: string): void {
    this.#greeted.delete(from)
    if (this.#members.delete(from) && this.#isActive) this.#port.parted(from)
  }

  /** A runtime has become known, linked, or lost. */
  changed(change: PeerChange): void {
    if (isGone(change)) {
      this.#introducers.delete(change.uid)
      this.bye(change.uid)
      // To others it may be there, and be here again.
      this.#greetAgainSoon()
    } else if (change.is === 'alive' && this.#isActive) this.#greet(change.uid)
  }

  #greet(uid: string): void {
    if (this.#greeted.has(uid)) return
    this.#greeted.add(uid)
    this.#port.send(uid, 'hello', this.#port.id).catch(() => {
      this.#greeted.delete(uid)
      this.#greetAgainSoon()
    })
  }

  /** Those that are there are told again by whoever introduces them. Who is gone is not among them then. */
  #greetAgainSoon(): void {
    if (!this.#isActive) return
    this.#again ??= this.#port.clock.after(GREET_AGAIN, () => {
      this.#again = undefined
      for (const uid of this.#introducers) {
        this.#greeted.delete(uid)
        this.#greet(uid)
      }
    })
  }
}
