import { type CommsManager, type RemoteReferences, SkeinError } from '@skein/core'
import { Hold, letGo, type ObjectAddress, ServiceDoor, SharedDoor } from './doors.js'
import { doorOf, proxyFor } from './proxy.js'
import { type ObjectReference, parseReference, type Reference } from './reference.js'
import type { RemoteObject } from './remote.js'
import type { Claim, ResidentObjects } from './resident-objects.js'

/** The built-in service that owners and holders of objects speak to each other through. */
export const OBJECTS = 'skein.objects'

/** A hold of ours that was passed on, until the owner knows the receiver as a holder, or the receiver is gone. */
interface Loan {
  readonly hold: Hold
  readonly uid: string
  readonly instance: string | undefined
}

export interface ReferencesParts {
  /** There once the runtime is made. */
  readonly comms: () => CommsManager
  readonly objects: ResidentObjects
  /** Makes names that nobody else makes. */
  readonly makeId: () => string
}

/**
 * How services and objects travel: as references that become proxies. Every proxy of an object is a hold of its own,
 * known to the owner by a ticket.
 *
 * An owner that hands out its own object enters the receiver's ticket at once. Whoever passes a proxy on makes a ticket,
 * the receiver reports it to the owner and, once the owner has taken it, says so to the sender; so long the sender keeps
 * its own hold, even if it has let go. The receiver's death ends that, and the owner forgets the holds of the dead. So
 * an object is never disposed while somebody is about to hold it, and never kept for somebody who is gone.
 */
export class References implements RemoteReferences {
  readonly #parts: ReferencesParts
  readonly #loans = new Map<string, Loan>()
  /** Takes back what was exported since `begin`. */
  #undo: (() => void)[] = []
  readonly #collected = new FinalizationRegistry<Pick<Hold, 'address' | 'ticket'>>(
    (hold) => void this.#giveBack(hold),
  )
  readonly #unshared = new FinalizationRegistry<Claim>((claim) => void this.#parts.objects.unclaim(claim))
  #repaid: (() => void)[] = []

  constructor(parts: ReferencesParts) {
    this.#parts = parts
  }

  /** How many holds of ours were passed on to somebody whom the owner doesn't know yet. */
  get loans(): number {
    return this.#loans.size
  }

  // Travelling

  export(value: object, peer: string): Reference | undefined {
    const door = doorOf(value)
    if (door instanceof ServiceDoor) return { uid: door.uid, service: door.service }
    if (door instanceof Hold) return this.#lend(door, peer)
    if (door instanceof SharedDoor) return this.#handOut(door.claim, peer)
    return undefined
  }

  /** @throws ERR_PROTOCOL */
  import(value: unknown, peer: string): object {
    const reference = parseReference(value)
    const comms = this.#parts.comms()
    if ('service' in reference) return proxyFor(new ServiceDoor(comms, reference.uid, reference.service))
    const here = reference.uid === comms.uid && reference.instance === comms.instance
    const resident = here ? this.#parts.objects.find(reference.type, reference.object) : undefined
    // What comes home is the object itself. What is gone is a proxy all the same, whose calls will say so.
    if (resident !== undefined && reference.ticket === null) return resident.value
    if (reference.ticket !== null && reference.uid !== peer) this.#report(reference, reference.ticket, peer)
    const { ticket, ...address } = reference
    return proxyFor(this.#hold(address, ticket ?? ''))
  }

  begin(): void {
    if (this.#undo.length > 0) this.#undo = []
  }

  mark(): number {
    return this.#undo.length
  }

  rollback(mark: number): void {
    for (const undo of this.#undo.splice(mark)) undo()
  }

  // This runtime's own

  /** A proxy for an object of this runtime's own, to be handed out. */
  share<T extends object>(object: T): RemoteObject<T> {
    const { objects, comms } = this.#parts
    const claim = objects.adopt(object)
    const door = new SharedDoor(comms(), claim, (claim) => objects.unclaim(claim))
    this.#unshared.register(door, claim)
    return proxyFor<RemoteObject<T>>(door)
  }

  /** Whoever got these is known to the owner now. */
  taken(uid: string, tickets: readonly string[]): void {
    for (const ticket of tickets) if (this.#loans.get(ticket)?.uid === uid) this.#repay(ticket)
  }

  /** An instance of a peer is gone: it won't take what was passed on to it, and what it owned is no more. */
  lose(uid: string, instance: string): void {
    for (const [ticket, loan] of this.#loans) {
      const { address } = loan.hold
      const receiver = loan.uid === uid && (loan.instance ?? instance) === instance
      if (receiver || (address.uid === uid && address.instance === instance)) this.#repay(ticket)
    }
  }

  /** Resolves when everybody who was passed a hold is known to its owner. */
  settled(): Promise<void> {
    if (this.#loans.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#repaid.push(resolve))
  }

  #handOut(claim: Claim, peer: string): ObjectReference {
    const { comms, objects, makeId } = this.#parts
    const { uid, instance } = comms()
    const { resident } = claim
    const address = { uid, instance, type: resident.type, object: resident.id }
    if (resident.disposal !== undefined) throw letGo(address)
    const holder = this.#instanceOf(peer)
    if (holder === undefined) throw new SkeinError('ERR_NO_SUCH_PEER', `${peer} is not known`, { uid: peer })
    const ticket = makeId()
    const wasLive = claim.live
    objects.hold(resident, peer, holder, ticket)
    void objects.unclaim(claim)
    this.#undo.push(() => {
      if (wasLive) objects.reclaim(claim)
      void objects.release(peer, [ticket])
    })
    return { ...address, ticket }
  }

  #lend(hold: Hold, peer: string): ObjectReference {
    if (hold.released) throw letGo(hold.address)
    // Its owner gets it before it can be told that we let go: what we send it stays in order.
    if (hold.address.uid === peer) return { ...hold.address, ticket: null }
    const ticket = this.#parts.makeId()
    this.#loans.set(ticket, { hold, uid: peer, instance: this.#instanceOf(peer) })
    hold.lent += 1
    this.#undo.push(() => this.#repay(ticket))
    return { ...hold.address, ticket }
  }

  #repay(ticket: string): void {
    const loan = this.#loans.get(ticket)
    if (loan === undefined) return
    this.#loans.delete(ticket)
    loan.hold.lent -= 1
    if (loan.hold.released && loan.hold.lent === 0) void this.#giveBack(loan.hold)
    if (this.#loans.size === 0) for (const resolve of this.#repaid.splice(0)) resolve()
  }

  #hold(address: ObjectAddress, ticket: string): Hold {
    const hold = new Hold(this.#parts.comms(), address, ticket, (hold) => this.#release(hold))
    this.#collected.register(hold, { address, ticket }, hold)
    return hold
  }

  async #release(hold: Hold): Promise<void> {
    if (hold.released) return
    hold.released = true
    this.#collected.unregister(hold)
    // What was passed on is given back by the one who takes it.
    if (hold.lent === 0) await this.#giveBack(hold)
  }

  /** Tells the owner of a hold that came from somebody else, and then whoever it came from. */
  #report({ uid, type, object }: ObjectAddress, ticket: string, from: string): void {
    const comms = this.#parts.comms()
    const confirmed = comms.sendRecv(
      uid,
      { service: OBJECTS, method: 'hold', args: [type, object, ticket] },
      { timeout: Number.POSITIVE_INFINITY },
    )
    const tell = () => comms.send(from, { service: OBJECTS, method: 'taken', args: [[ticket]] })
    // If the object or its owner is gone, calls will say so. If the sender is gone, so is its hold.
    void confirmed.then(tell, tell).catch(() => {})
  }

  async #giveBack({ address, ticket }: Pick<Hold, 'address' | 'ticket'>): Promise<void> {
    const { uid, instance } = address
    if (this.#instanceOf(uid) !== instance) return
    const call = { service: OBJECTS, method: 'release', args: [[ticket]] }
    try {
      await this.#parts.comms().sendRecv(uid, call, { timeout: Number.POSITIVE_INFINITY })
    } catch {
      // The owner is gone, or we are: it knows then.
    }
  }

  #instanceOf(uid: string): string | undefined {
    const comms = this.#parts.comms()
    return uid === comms.uid ? comms.instance : comms.entryOf(uid)?.instance
  }
}
