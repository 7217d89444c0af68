import type { PeerChange, PeerKind } from '@skein/core'
import type { Stall } from './stall-watch.js'

/** What is told of peers. */
export interface PeerEvents {
  /** A peer's state has changed. Comes in the order of the changes; the one of `peer:…` for it follows at once. */
  peer: (change: PeerChange) => void
  /** A peer answers: it has joined, has come back, or is busy no more. */
  'peer:alive': (change: PeerChange) => void
  /** A peer says nothing although its connection was not lost: it is busy. */
  'peer:stalled': (change: PeerChange) => void
  /** The connection to a peer is lost. It comes back, or is dead soon. */
  'peer:suspect': (change: PeerChange) => void
  /** A peer can't be reached from here, and it lives: others reach it, or it greets us. */
  'peer:unreachable': (change: PeerChange) => void
  /** A peer is dead; `reason` says how, and `evidence` how that is known. */
  'peer:dead': (change: PeerChange) => void
  /** A peer has said farewell. */
  'peer:left': (change: PeerChange) => void
}

export interface RuntimeEvents extends PeerEvents {
  /** A peer asks this runtime to end. Without a listener it does. */
  stop: (from: string) => void
  /** The event loop was stuck. With `stallReports` only. */
  stall: (stall: Stall) => void
  /** Everything is closed. */
  close: () => void
}

/** The states that have an event of their own: those that say something of the peer, and not of our connection to it. */
export const PEER_EVENTS: { readonly [Kind in PeerKind]?: Exclude<keyof PeerEvents, 'peer'> } = {
  alive: 'peer:alive',
  stalled: 'peer:stalled',
  suspect: 'peer:suspect',
  unreachable: 'peer:unreachable',
  dead: 'peer:dead',
  left: 'peer:left',
}
