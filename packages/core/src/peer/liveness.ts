import type { Instant } from '../clock.js'
import type { LivenessOptions } from '../options.js'
import { heartWithOthers, lastTry, nextTry } from './heart-schedule.js'

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
      /** Whether its host, which isn't ours, refuses connections to it: then the first confirmation decides. */
      readonly refused: boolean
    }
  /** We can't reach it, and somebody else does: what is broken is the way from here. Not dead while that is so. */
  | {
      readonly kind: 'unreachable'
      readonly heard: Instant
      readonly since: Instant
      /** When somebody last said that it is reached from there. */
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

/** How many others are asked about a peer that is lost, and how many confirmations make its suspicion shortest. */
export const WITNESSES = 3

/**
 * How long the beat of a stalled peer that speaks again is waited for, in milliseconds. The hearts that it has not read yet
 * lie before it, or are on their way: its beat takes as long as its event loop does for one turn, and one round trip.
 */
export const BEAT_GRACE = 250

type Step = readonly [PeerState, readonly PeerAction[]]

const none: readonly PeerAction[] = []

/** What an event means for a peer. Pure: the same state, event and instant give the same answer. */
export function liveness(state: PeerState, event: PeerEvent, now: Instant, options: LivenessOptions): Step {
  if (state.kind === 'dead' || state.kind === 'left') return [state, none]
  switch (event.kind) {
    case 'ended':
      return [{ kind: 'dead', since: now, reason: event.reason }, none]
    case 'farewell':
      return [{ kind: 'left', since: now, whose: event.whose, reason: event.reason }, none]
    case 'doubt':
      return [forgive(state, event.lost, now), none]
    case 'up':
      return onUp(state, now)
    case 'down':
      return onDown(state, now, options)
    case 'shaken':
      if (state.kind === 'stalled') return [{ ...state, asked: now, spoke: state.spoke ?? now }, ['heart']]
      // The first heart at once: its beat is what tells a link that stands from one that only was made.
      return [{ kind: 'alive', heard: now, asked: now }, ['heart']]
    case 'heard':
      return [onHeard(state, now), none]
    case 'beat':
      return [state.kind === 'stalled' ? { kind: 'alive', heard: now, asked: state.asked } : state, none]
    case 'vouched':
      return onVouched(state, now)
    case 'confirmed':
      return [onConfirmed(state, now, options), none]
    case 'refused':
      return [onRefused(state, now), none]
    case 'tick':
      return onTick(state, now, options)
  }
}

/** The instant of the next tick that can change something, or Infinity. */
export function nextTick(state: PeerState, options: LivenessOptions): Instant {
  switch (state.kind) {
    case 'alive':
      return Math.min(heartWithOthers(state, options), state.heard + options.stalledAfter)
    case 'stalled':
      if (state.spoke !== undefined) return state.spoke + BEAT_GRACE
      return Math.min(heartWithOthers(state, options), state.greeted + options.greetInterval)
    case 'suspect':
      return state.until
    case 'unreachable':
      return Math.min(state.asked + options.askInterval, state.vouched + options.suspicion)
    default:
      return Number.POSITIVE_INFINITY
  }
}

function onHeard(state: PeerState, now: Instant): PeerState {
  if (state.kind === 'alive') return { kind: 'alive', heard: now, asked: state.asked }
  if (state.kind === 'stalled' && state.spoke === undefined) return { ...state, spoke: now }
  return state
}

function onUp(state: PeerState, now: Instant): Step {
  switch (state.kind) {
    case 'connecting':
      return [{ kind: 'shaking', since: now }, none]
    case 'suspect':
    case 'unreachable':
      // Reached again, but it has not spoken: busy until it does.
      return [{ kind: 'stalled', heard: state.heard, asked: now, since: now, greeted: now }, none]
    default:
      return [state, none]
  }
}

function onDown(state: PeerState, now: Instant, options: LivenessOptions): Step {
  switch (state.kind) {
    case 'shaking':
      return [{ kind: 'connecting', since: state.since }, ['probe']]
    case 'alive':
    case 'stalled':
      return [suspected(lastHeard(state), suspicionAfter(0, options), now, options), ['probe', 'ask']]
    default:
      return [state, none]
  }
}

function onVouched(state: PeerState, now: Instant): Step {
  switch (state.kind) {
    case 'suspect':
      return [{ kind: 'unreachable', heard: state.heard, since: now, vouched: now, asked: now }, none]
    case 'unreachable':
      return [{ ...state, vouched: now }, none]
    default:
      return [state, none]
  }
}

function onConfirmed(state: PeerState, now: Instant, options: LivenessOptions): PeerState {
  if (state.kind !== 'suspect') return state
  if (state.refused) return silent(now)
  const confirmations = state.confirmations + 1
  const less = suspicionAfter(state.confirmations, options) - suspicionAfter(confirmations, options)
  const earliest = Math.min(state.until, state.since + suspicionAfter(WITNESSES, options))
  return { ...state, confirmations, until: Math.max(earliest, state.until - less) }
}

function onRefused(state: PeerState, now: Instant): PeerState {
  if (state.kind !== 'suspect' || state.refused) return state
  return state.confirmations > 0 ? silent(now) : { ...state, refused: true }
}

/** @param lasts milliseconds, as long as nobody has lost the peer too */
function suspected(
  heard: Instant,
  lasts: number,
  now: Instant,
  options: LivenessOptions,
): Extract<PeerState, { kind: 'suspect' }> {
  return {
    kind: 'suspect',
    heard,
    since: now,
    until: Math.min(now + lasts, lastTry(heard, options)),
    confirmations: 0,
    refused: false,
  }
}

/**
 * How long a suspicion lasts that so many have confirmed: from `suspicion` down to `confirmedSuspicion`, the first
 * confirmation counting most. (The formula is that of Lifeguard, Dadgar, Phillips and Currey 2018, section III.B.)
 */
function suspicionAfter(confirmations: number, { suspicion, confirmedSuspicion }: LivenessOptions): number {
  const shortest = Math.min(suspicion, confirmedSuspicion)
  const share = Math.log(confirmations + 1) / Math.log(WITNESSES + 1)
  return Math.max(shortest, Math.round(suspicion - (suspicion - shortest) * share))
}

function onTick(state: PeerState, now: Instant, options: LivenessOptions): Step {
  switch (state.kind) {
    case 'alive': {
      if (now >= lastTry(state.heard, options)) return [silent(now), none]
      const asks = now >= nextTry(state, options)
      const asked = asks ? now : state.asked
      if (now < state.heard + options.stalledAfter) return [{ ...state, asked }, asks ? ['heart'] : none]
      return [
        { kind: 'stalled', heard: state.heard, asked, since: now, greeted: now },
        asks ? ['heart', 'probe'] : ['probe'],
      ]
    }
    case 'stalled': {
      if (state.spoke !== undefined)
        return [
          now < state.spoke + BEAT_GRACE ? state : { kind: 'alive', heard: state.spoke, asked: state.asked },
          none,
        ]
      if (now >= lastTry(state.heard, options)) return [silent(now), none]
      const asks = now >= nextTry(state, options)
      const greets = now >= state.greeted + options.greetInterval
      return [
        { ...state, asked: asks ? now : state.asked, greeted: greets ? now : state.greeted },
        [...(asks ? (['heart', 'probe'] as const) : []), ...(greets ? (['greet'] as const) : [])],
      ]
    }
    case 'suspect':
      return now >= state.until ? [silent(now), none] : [state, none]
    case 'unreachable':
      // Whoever vouched for it has been asked several times since, and has had nothing to say.
      if (now >= state.vouched + options.suspicion)
        return [suspected(state.heard, suspicionAfter(WITNESSES, options), now, options), ['probe', 'ask']]
      return now >= state.asked + options.askInterval ? [{ ...state, asked: now }, ['ask']] : [state, none]
    default:
      return [state, none]
  }
}

function lastHeard(state: Extract<PeerState, { kind: 'alive' | 'stalled' }>): Instant {
  return (state.kind === 'stalled' ? state.spoke : undefined) ?? state.heard
}

function silent(now: Instant): PeerState {
  return { kind: 'dead', since: now, reason: 'silent' }
}

/** Gives a peer the time that we were not looking. */
function forgive(state: PeerState, lost: number, now: Instant): PeerState {
  switch (state.kind) {
    case 'stalled':
      // Its beat may lie unread.
      if (state.spoke !== undefined) return { ...state, spoke: Math.min(now, state.spoke + lost) }
      return { ...state, heard: Math.min(now, state.heard + lost) }
    case 'alive':
      // Not beyond now: it may have been heard while we were late.
      return { ...state, heard: Math.min(now, state.heard + lost) }
    case 'suspect':
      // No more than since it began: what has come in may be read before we know that we were late.
      return { ...state, until: state.until + Math.min(lost, now - state.since) }
    case 'unreachable':
      return { ...state, vouched: Math.min(now, state.vouched + lost) }
    default:
      return state
  }
}

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
