import { Directory } from '../peer/directory.js'
import { mayReturn, type PeerState } from '../peer/peer-state.js'
import type { Frames } from '../transport/transport.js'
import { atEndOfTurn } from '../turn.js'
import type { DirectoryEntry, Message, Shake } from '../wire/message.js'
import { type DropReason, Drops } from './drops.js'
import { Generations } from './generations.js'
import { Link } from './link.js'
import type { LinkEvents, LinkHost } from './link-host.js'
import type { LinkParts } from './parts.js'
import { Reception } from './reception.js'
import { Recipients } from './recipients.js'
import { Round } from './round.js'

/** What the links tell those who use them. */
export interface LinksEvents {
  /** A message for this runtime, and the number of its batch. */
  received(link: Link, message: Message, seq: number): void
  /** A peer has told of those it knows. */
  network(shake: Shake): void
  /** There is a link to a runtime that had none: it was made, or one to an address turned out to lead there. */
  began(link: Link): void
  /** The state of a link has become another kind. */
  changed(link: Link, was: PeerState): void
  /** A peer is lost: others are to be asked whether they reach it. */
  asks(link: Link): void
  /** A handshake is complete, the first of a link or another one. */
  shaken(link: Link): void
  /** An address that was dialled turned out to be a runtime that is linked already. */
  merged(link: Link, into: Link): void
  running(link: Link): number
}

/** All links of a runtime, by whom they are to. */
export class Links {
  readonly self: DirectoryEntry
  readonly directory = new Directory()
  readonly drops = new Drops()
  readonly #on: LinksEvents
  readonly #host: LinkHost<Link>
  readonly #reception: Reception
  readonly #round: Round
  readonly #generations = new Generations()
  readonly #byUid = new Map<string, Link>()
  /** Links to an address, until it is known who answers there. */
  readonly #anonymous = new Set<Link>()
  /** Links that are over and still let their last words leave. */
  readonly #lingering = new Set<Link>()
  /** Those that have received something, and are to be settled. */
  readonly #unsettled: Link[] = []
  #attempts = 0
  #closed = false

  constructor(parts: LinkParts, on: LinksEvents) {
    this.self = parts.self
    this.#on = on
    this.#round = new Round(parts.settings.clock, () => this.all())
    this.#host = {
      ...parts,
      secrets: parts.safeguards.newSecrets(),
      generations: this.#generations,
      drops: this.drops,
      recipients: new Recipients(),
      on: this.#linkEvents(),
      nextAttempt: () => ++this.#attempts,
      network: () => this.#network(parts.settings.introduces),
      lag: () => this.#round.lag,
      running: (link) => on.running(link),
      defer: atEndOfTurn,
    }
    this.#reception = new Reception(
      this.#host,
      {
        directory: this.directory,
        get: (uid) => this.get(uid),
        to: (uid) => this.to(uid),
        adopt: (entry) => this.#adopt(entry),
        name: (link, entry) => this.#name(link, entry),
        arm: (link) => this.#round.arm(link.due),
      },
      on,
    )
  }

  /** The link to a uid, unless there is none or it is over. */
  get(uid: string): Link | undefined {
    return this.#byUid.get(uid)
  }

  all(): Link[] {
    return [...this.#byUid.values()]
  }

  /** How many links are kept: those that are over and still let their last words leave included. */
  get size(): number {
    return this.#byUid.size + this.#anonymous.size + this.#lingering.size
  }

  /** The link to a runtime that is known, opened if there is none yet. */
  to(uid: string): Link | undefined {
    const link = this.#byUid.get(uid)
    if (link !== undefined) return link
    const entry = this.directory.get(uid)
    if (entry === undefined || this.#closed) return undefined
    const made = new Link(this.#host, { entry })
    this.#byUid.set(uid, made)
    made.open()
    this.#on.began(made)
    return made
  }

  /** The link to whoever answers at an address: one for all who want it at the time. */
  dial(address: string, timeout: number): Link {
    for (const link of this.#anonymous) {
      if (link.address !== address) continue
      link.extend(timeout)
      return link
    }
    const link = new Link(this.#host, { address }, timeout)
    this.#anonymous.add(link)
    link.open()
    return link
  }

  /** What the inbound socket has received. */
  onBatch(frames: Frames): void {
    if (!this.#closed) this.#reception.onBatch(frames)
  }

  /** What the batches so far have brought about at once has left. */
  settled(): void {
    for (let link = this.#unsettled.pop(); link !== undefined; link = this.#unsettled.pop()) {
      link.settle()
      this.#round.arm(link.due)
    }
  }

  /** Counts something that has come in and has no place. */
  dropped(reason: DropReason): void {
    this.drops.count(reason)
  }

  /** Requests from a peer that are running. */
  running(link: Link): number {
    return this.#on.running(link)
  }

  /** Ends every link at once. What was posted is lost unless it was acknowledged before. */
  close(): void {
    this.#closed = true
    this.#round.close()
    this.#reception.close()
    for (const link of [...this.#byUid.values(), ...this.#anonymous, ...this.#lingering]) link.destroy()
    this.#byUid.clear()
  }

  #linkEvents(): LinkEvents<Link> {
    return {
      changed: (link, was) => this.#changed(link, was),
      sooner: (link) => this.#round.arm(link.due),
      asks: (link) => this.#on.asks(link),
      unsettled: (link) => this.#unsettled.push(link),
      shaken: (link) => {
        if (link.entry !== undefined) this.directory.learn(link.entry)
        this.#on.shaken(link)
      },
      answered: (link, n) => this.#reception.answered(link, n),
      received: (link, message, seq) => this.#on.received(link, message, seq),
      lingers: (link) => this.#lingering.add(link),
      destroyed: (link) => {
        this.#anonymous.delete(link)
        this.#lingering.delete(link)
      },
    }
  }

  #changed(link: Link, was: PeerState): void {
    if (link.isOver) this.#bury(link)
    this.#round.arm(link.due)
    this.#on.changed(link, was)
    if (link.isOver) this.#reception.ended(link)
  }

  #bury(link: Link): void {
    this.#anonymous.delete(link)
    if (link.entry === undefined) return
    const { uid, instance } = link.entry
    if (this.#byUid.get(uid) === link) this.#byUid.delete(uid)
    this.#generations.atLeast(instance, link.session.generation + 1)
    if (!mayReturn(link.state)) this.directory.forget(uid, instance)
  }

  /** The link for a newcomer: the one that is dialling its address already, or a new one. */
  #adopt(entry: DirectoryEntry): Link {
    for (const link of this.#anonymous) {
      if (link.address === undefined || !entry.endpoints.includes(link.address)) continue
      this.#anonymous.delete(link)
      this.#byUid.set(entry.uid, link)
      this.#on.began(link)
      return link
    }
    const link = new Link(this.#host, { entry })
    this.#byUid.set(entry.uid, link)
    this.#on.began(link)
    return link
  }

  #name(link: Link, entry: DirectoryEntry): void {
    const predecessor = this.#byUid.get(entry.uid)
    this.#anonymous.delete(link)
    this.directory.learn(entry)
    link.identify(entry)
    this.#byUid.set(entry.uid, link)
    // Last: whoever hears of this end, and asks for the uid, gets the link that stays.
    predecessor?.end('replaced')
    this.#on.began(link)
  }

  /** The runtimes to introduce to whoever greets us. */
  #network(introduces: boolean): readonly DirectoryEntry[] {
    if (!introduces) return []
    return this.all().flatMap((link) => (link.isShaken && link.entry !== undefined ? [link.entry] : []))
  }
}
