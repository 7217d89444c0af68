import type { PeerState } from '../peer/peer-state.js'
import type { Scheme } from '../transport/transport.js'

/** The state of a peer: `known` is one that was introduced and that no link was needed to yet. */
export type PeerKind = PeerState['kind'] | 'known'

/** A peer's state has become another. The changes of one uid form a chain, whatever instances of it they are about. */
export interface PeerChange {
  readonly uid: string
  readonly instance: string
  /** The `is` of the change before this one; `unknown` at the first. */
  readonly was: PeerKind | 'unknown'
  readonly is: PeerKind
  /** Why, where it is dead or has left. */
  readonly reason?: string | undefined
  /** Of the link that there is, or was last. */
  readonly lane?: Scheme | undefined
  /**
   * Milliseconds from when the peer was last heard until this verdict, without the time that this runtime itself stood
   * still. Undefined where it was not heard before, and where a farewell tells of the end.
   */
  readonly tookMs?: number | undefined
  /**
   * Of one that was stalled and is alive: for how many milliseconds its event loop stood still, by its own word. Up to
   * one and a half `heartInterval` less than it was, since it is its late timer that tells, and never more than `tookMs`.
   * A small number says that it was not busy, and what it said was held up on the way. Undefined where it has not told,
   * and in all other changes.
   */
  readonly stalledMs?: number | undefined
  /** One sentence for people: what the verdict rests on. Its words may change; judge by `is` and `reason`. */
  readonly evidence?: string | undefined
}

/** The end of an instance. */
export function isGone({ is }: Pick<PeerChange, 'is'>): boolean {
  return is === 'dead' || is === 'left'
}
