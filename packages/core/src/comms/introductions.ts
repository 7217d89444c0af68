import type { Clock } from '../clock.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import type { LivenessOptions } from '../options.js'
import { type DeathReason, isDeath, isEnd, type PeerState } from '../peer/peer-state.js'
import { type DirectoryEntry, type Disconnect, Kind, type Message, type Shake } from '../wire/message.js'
import { evidenceOf, HERE, hearsay, stalledFor, unheard } from './evidence.js'
import type { PeerChange, PeerKind } from './peer-change.js'
import { type News, Standings } from './standings.js'

export interface IntroductionsParts {
  /** Whether this runtime introduces those who greet it to each other. */
  readonly introduces: boolean
  readonly clock: Clock
  readonly liveness: LivenessOptions
}

export interface IntroductionsEvents {
  changed(change: PeerChange): void
  /** A runtime was introduced, whether or not it was known before. */
  learned(uid: string): void
}

/** The reason of a farewell for good. */
export const STOPPED = 'stopped'

/** So many instances that are gone for good are remembered: those of the last minutes, even where workers are many. */
const MOST_ENDED = 1000

/** Reasons that prove an end, whoever tells of it: its parent, or the kernel of its own host, saw it. */
const PROOF: ReadonlySet<string> = new Set<DeathReason>(['exited', 'crashed'])

/**
 * Who tells whom of comings and goings. The monitor introduces: it tells each newcomer of all others, and all others of
 * each newcomer. Whoever learns of an end that is proven passes it on.
 */
export class Introductions {
  readonly standings: Standings
  readonly #links: Links
  readonly #parts: IntroductionsParts
  readonly #on: IntroductionsEvents
  /** The links whose beginning was told. */
  readonly #begun = new WeakSet<Link>()
  /** What is to be told when those who are being told have heard. */
  readonly #untold: PeerChange[] = []
  #isTelling = false
  /** Instances that are gone for good, as far as is known; the latest last. */
  readonly #ended = new Set<string>()
  /** Who tells of the end that a link of ours is being brought to. */
  #witness: { readonly link: Link; readonly name: string } | undefined

  constructor(links: Links, parts: IntroductionsParts, on: IntroductionsEvents) {
    this.standings = new Standings(parts.clock)
    this.#links = links
    this.#parts = parts
    this.#on = on
  }

  /** A shake has brought the network of whoever gave it. */
  network({ network }: Shake): void {
    for (const entry of network) this.learn(entry)
  }

  /** A runtime is introduced. */
  learn(entry: DirectoryEntry): void {
    const { uid, instance } = entry
    const { directory, self } = this.#links
    if (uid === self.uid || this.hasEnded(entry)) return
    const known = directory.get(uid)
    directory.learn(entry)
    if (known?.instance !== instance && this.#links.get(uid) === undefined)
      this.#tell({ uid, instance, is: 'known' }, entry)
    this.#on.learned(uid)
  }

  /**
   * Whether this very instance has told us that it stops, or is proven to be gone. Whoever introduces it has not heard
   * that yet, or had not when that was said: what waits for a connection comes late.
   */
  hasEnded({ instance }: DirectoryEntry): boolean {
    return this.#ended.has(instance)
  }

  /** A link was made. */
  began(link: Link): void {
    const { uid, state } = link
    if (link.isClosed || uid === undefined || this.#links.get(uid) !== link) return
    this.#begin(link, state.kind)
  }

  /** A link has changed. */
  changed(link: Link, was: PeerState): void {
    const { entry, state, lane } = link
    if (entry === undefined) return
    const { uid, instance } = entry
    const { introduces, clock, liveness } = this.#parts
    const witness = this.#witness?.link === link ? this.#witness.name : undefined
    const now = clock.now()
    const stalledMs = state.kind === 'alive' ? stalledFor(link, was, now) : undefined
    const grounds = { link, was, now, liveness, witness, stalledMs }
    const reason = state.kind === 'dead' || state.kind === 'left' ? state.reason : undefined
    // It is there: what was taken for a proof was none.
    if (state.kind === 'alive') this.#ended.delete(instance)
    this.#begin(link, was.kind)
    const tookMs = unheard(grounds, state.kind)
    const evidence = evidenceOf(state, grounds)
    this.#tell({ uid, instance, is: state.kind, reason, lane, tookMs, stalledMs, evidence }, entry)
    if (link.isOver) this.#succeeded(entry)
    if (!introduces) return
    if (state.kind === 'alive' && (was.kind === 'shaking' || was.kind === 'connecting')) {
      this.tellAll({ kind: Kind.connect, entry }, uid)
    }
    if (reason !== undefined && isEnd(state))
      this.tellAll({ kind: Kind.disconnect, uid, instance, reason }, uid)
  }

  /**
   * Whoever started a runtime has seen it end: all are told, whether or not we introduce. Not of one that has said
   * farewell.
   */
  obituary(uid: string, instance: string): void {
    const known = this.#links.get(uid)?.entry ?? this.#links.directory.get(uid)
    if (known?.instance !== instance) return
    const news = { kind: Kind.disconnect, uid, instance, reason: 'exited' } as const
    this.news(news, HERE)
    if (!this.#parts.introduces) this.tellAll(news)
  }

  /** What a peer tells of an end: its own, ours as it sees it, or another's. */
  disconnect(link: Link, message: Disconnect): void {
    const { self } = this.#links
    if (message.instance === link.instance) return link.farewell(message.reason)
    if (message.instance === self.instance) return link.end('session-ended')
    this.news(message, link.uid ?? 'a peer')
  }

  /** Somebody else has ended, says a witness. */
  news(message: Disconnect, witness: string): void {
    const { uid, instance, reason } = message
    const { directory } = this.#links
    const link = this.#links.get(uid)
    if (link !== undefined && link.instance === instance) {
      // Only what is proven ends a link of our own; of everything else we judge by what we see.
      if (PROOF.has(reason)) this.#end(link, reason === 'crashed' ? 'crashed' : 'exited', witness)
      // Of one that was never reached from here the word of others is all that there is.
      else if (link.state.kind === 'connecting' || link.state.kind === 'shaking')
        this.#end(link, isDeath(reason) ? reason : 'silent', witness)
      else link.heart()
      return
    }
    const entry = directory.get(uid)
    if (entry === undefined || !directory.forget(uid, instance)) return
    // Another instance is linked already, and what is told of the uid is about that one.
    if (link === undefined) {
      const is = isDeath(reason) ? 'dead' : 'left'
      this.#tell({ uid, instance, is, reason, evidence: hearsay(witness, reason) }, entry)
    }
    if (this.#parts.introduces && PROOF.has(reason)) this.tellAll(message)
  }

  /** Tells all peers but one. Whoever is greeted later learns it from the shake. */
  tellAll(message: Message, except?: string): void {
    for (const link of this.#links.all()) if (link.isOpen && link.uid !== except) link.post(message)
  }

  #end(link: Link, reason: DeathReason, name: string): void {
    this.#witness = { link, name }
    try {
      link.end(reason)
    } finally {
      this.#witness = undefined
    }
  }

  /** Tells of a link's beginning, unless that was told. One that was dialled by address has come some way before. */
  #begin(link: Link, is: PeerKind): void {
    const { entry, lane } = link
    if (entry === undefined || this.#begun.has(link)) return
    this.#begun.add(link)
    this.#tell({ uid: entry.uid, instance: entry.instance, is, lane }, entry)
  }

  #remember(ended: string): void {
    this.#ended.add(ended)
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MOST_ENDED) return
      this.#ended.delete(oldest)
    }
  }

  /** A link is over: if its uid's next instance was introduced meanwhile, that is what is known now. */
  #succeeded({ uid, instance }: DirectoryEntry): void {
    const next = this.#links.directory.get(uid)
    if (next === undefined || next.instance === instance || this.#links.get(uid) !== undefined) return
    this.#tell({ uid, instance: next.instance, is: 'known' }, next)
  }

  /** Whoever is told may cause another change: that one is told when all have heard of this one. */
  #tell(news: News, entry: DirectoryEntry): void {
    if (news.reason === STOPPED || PROOF.has(news.reason ?? '')) this.#remember(news.instance)
    this.#untold.push(...this.standings.follow(news, entry))
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift())
        this.#on.changed(next)
    } finally {
      this.#isTelling = false
    }
  }
}
