import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import { type DeathReason, isDeath, isEnd, type PeerState } from '../peer/liveness.js'
import type { Scheme } from '../transport/transport.js'
import { type DirectoryEntry, type Disconnect, Kind, type Message, type Shake } from '../wire/message.js'

/** The state of a peer: `known` is one that was introduced and that no link was needed to yet. */
export type PeerKind = PeerState['kind'] | 'known'

/** A peer's state has become another. */
export interface PeerChange {
  readonly uid: string
  readonly instance: string
  readonly was: PeerKind
  readonly is: PeerKind
  /** Why, where it is dead or has left. */
  readonly reason?: string | undefined
  readonly lane?: Scheme | undefined
}

export interface IntroductionsEvents {
  changed(change: PeerChange): void
  /** A runtime was introduced, whether or not it was known before. */
  learned(uid: string): void
}

/** Reasons that prove an end, whoever tells of it: its parent, or the kernel of its own host, saw it. */
const PROOF: ReadonlySet<string> = new Set<DeathReason>(['exited', 'crashed'])

/**
 * Who tells whom of comings and goings. The monitor introduces: it tells each newcomer of all others, and all others of
 * each newcomer. Whoever learns of an end that is proven passes it on.
 */
export class Introductions {
  readonly #links: Links
  readonly #introduces: boolean
  readonly #on: IntroductionsEvents

  constructor(links: Links, introduces: boolean, on: IntroductionsEvents) {
    this.#links = links
    this.#introduces = introduces
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
    if (uid === self.uid) return
    const known = directory.get(uid)
    directory.learn(entry)
    if (known?.instance !== instance && this.#links.get(uid) === undefined)
      this.#on.changed({ uid, instance, was: 'known', is: 'known' })
    this.#on.learned(uid)
  }

  /** A link has changed. */
  changed(link: Link, was: PeerState): void {
    const { entry, state } = link
    if (entry === undefined) return
    const { uid, instance } = entry
    const reason = state.kind === 'dead' || state.kind === 'left' ? state.reason : undefined
    this.#on.changed({ uid, instance, was: was.kind, is: state.kind, reason, lane: link.lane })
    if (!this.#introduces) return
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
    this.news(news)
    if (!this.#introduces) this.tellAll(news)
  }

  /** What a peer tells of an end: its own, ours as it sees it, or another's. */
  disconnect(link: Link, message: Disconnect): void {
    const { self } = this.#links
    if (message.instance === link.instance) return link.farewell(message.reason)
    if (message.instance === self.instance) return link.end('session-ended')
    this.news(message)
  }

  /** Somebody else has ended. */
  news(message: Disconnect): void {
    const { uid, instance, reason } = message
    const link = this.#links.get(uid)
    if (link !== undefined && link.instance === instance) {
      // Only what is proven ends a link of our own; of everything else we judge by what we see.
      if (PROOF.has(reason)) link.end(reason === 'crashed' ? 'crashed' : 'exited')
      else link.heart()
      return
    }
    if (!this.#links.directory.forget(uid, instance)) return
    this.#on.changed({ uid, instance, was: 'known', is: isDeath(reason) ? 'dead' : 'left', reason })
    if (this.#introduces && PROOF.has(reason)) this.tellAll(message)
  }

  /** Tells all peers but one. Whoever is greeted later learns it from the shake. */
  tellAll(message: Message, except?: string): void {
    for (const link of this.#links.all()) if (link.isOpen && link.uid !== except) link.post(message)
  }
}
