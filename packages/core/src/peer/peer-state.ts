import type { Instant } from '../clock.js'

/** How a peer came to be dead. */
export type DeathReason =
  /** Its own host refuses connections to its address: the process is gone. */
  | 'crashed'
  /** Whoever started it saw it end. */
  | 'exited'
  /** It could not be reached until suspicion ran out. */
  | 'silent'
  /** It never answered the handshake. */
  | 'no-answer'
  /** It answered the handshake with a refusal. */
  | 'refused'
  /** Another instance holds its uid or address now. */
  | 'replaced'
  /** It sent what does not follow the protocol. */
  | 'protocol'
  /** The session is over: it was given up there, having declared us dead, or a batch of it could not be read. */
  | 'session-ended'

/** Whose farewell it was that ended a link: the peer's, or our own to a peer that lives on. */
export type Farewell = 'theirs' | 'ours'

/** What is known about a peer. Times are instants of the local clock. */
export type PeerState =
  /** A connection is being made; nobody has answered. */
  | { readonly kind: 'connecting'; readonly since: Instant }
  /** The connection stands; the peer has not confirmed the handshake. */
  | { readonly kind: 'shaking'; readonly since: Instant }
  | { readonly kind: 'alive'; readonly heard: Instant; readonly asked: Instant }
  /** Its connection stands, it says nothing: its event loop is busy. No reason to declare it dead, unless by `heartTries`. */
  | {
      readonly kind: 'stalled'
      readonly heard: Instant
      readonly asked: Instant
      readonly since: Instant
      readonly greeted: Instant
      /** When it has spoken again. Its beat, which tells for how long it was busy, is waited for a moment longer. */
      readonly spoke?: Instant | undefined
    }
  /** Its connection is lost. It may come back until `until`, which is the earlier the more others have lost it too. */
  | {
      readonly kind: 'suspect'
      readonly heard: Instant
      readonly since: Instant
      readonly until: Instant
      /** How many others have said that they have lost it too. */
      readonly confirmations: number
      /** Whether its host, which isn't ours, refuses connections to it: then one confirmation is enough. */
      readonly refused: boolean
    }
  /** We can't reach it, and it lives: somebody else reaches it, or it has greeted us. Not dead while that is so. */
  | {
      readonly kind: 'unreachable'
      readonly heard: Instant
      readonly since: Instant
      /** When somebody last said that it is reached from there, or it said so itself. */
      readonly vouched: Instant
      /** When others were last asked. */
      readonly asked: Instant
    }
  | { readonly kind: 'dead'; readonly since: Instant; readonly reason: DeathReason }
  /** One of the two has said farewell. */
  | {
      readonly kind: 'left'
      readonly since: Instant
      readonly whose: Farewell
      readonly reason: string
    }

export type PeerEvent =
  /** The control connection stands: the peer's I/O thread answers, whatever its event loop does. */
  | { readonly kind: 'up' }
  /** The control connection is lost. */
  | { readonly kind: 'down' }
  /** The handshake is complete: the peer knows our token and we know its. */
  | { readonly kind: 'shaken' }
  /** Anything that bears a valid token: every message counts as a beat. */
  | { readonly kind: 'heard' }
  /** A beat, which was heard before. */
  | { readonly kind: 'beat' }
  | { readonly kind: 'tick' }
  /** Somebody who was asked reaches this very instance. */
  | { readonly kind: 'vouched' }
  /** Somebody who was asked, and had reached it before, doesn't either. */
  | { readonly kind: 'confirmed' }
  /** Its own hand has come: it lives, and reaches us, whether or not we reach it. */
  | { readonly kind: 'greeted' }
  /** Its host, which isn't ours, refuses connections to all of its addresses. No proof: firewalls refuse too. */
  | { readonly kind: 'refused' }
  /** Our own event loop was stalled for so long: nobody else is to blame for that time. */
  | { readonly kind: 'doubt'; readonly lost: number }
  | { readonly kind: 'ended'; readonly reason: DeathReason }
  | { readonly kind: 'farewell'; readonly whose: Farewell; readonly reason: string }

export type PeerAction =
  /** Ask it whether it is well. */
  | 'heart'
  /** Ask the operating system whether somebody listens at its address: a lane without events has no other proof. */
  | 'probe'
  /** Ask up to `WITNESSES` others whether they reach it. */
  | 'ask'
  /** Shake hands anew: it may have given us up while we could not hear it, and drop all that we say since. */
  | 'greet'

/** Why a peer is gone, or the state it is in. */
export function endOf(state: PeerState): string {
  return state.kind === 'dead' || state.kind === 'left' ? state.reason : state.kind
}

const DEATHS: Record<DeathReason, true> = {
  crashed: true,
  exited: true,
  silent: true,
  'no-answer': true,
  refused: true,
  replaced: true,
  protocol: true,
  'session-ended': true,
}

/** Whether a reason that somebody gives for an end is one of a death; all others are reasons to leave. */
export function isDeath(reason: string): reason is DeathReason {
  return Object.hasOwn(DEATHS, reason)
}

/** Whether a peer whose link ended this way may still be there, and be linked again. */
export function mayReturn(state: PeerState): boolean {
  return (
    state.kind === 'dead' &&
    (state.reason === 'no-answer' || state.reason === 'session-ended' || state.reason === 'protocol')
  )
}

/** Whether this is the end of the peer, rather than of what is between it and us alone. */
export function isEnd(state: PeerState): boolean {
  if (state.kind === 'left') return state.whose === 'theirs'
  return state.kind === 'dead' && state.reason !== 'refused' && !mayReturn(state)
}
