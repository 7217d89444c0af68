import type { Instant } from '../clock.js'
import type { LivenessOptions } from '../options.js'

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
  /** Its connection stands, it says nothing: its event loop is busy. Never a reason to declare it dead. */
  | {
      readonly kind: 'stalled'
      readonly heard: Instant
      readonly asked: Instant
      readonly since: Instant
      readonly greeted: Instant
    }
  /** Its connection is lost. It may come back until `until`, which is the earlier the more others have lost it too. */
  | {
      readonly kind: 'suspect'
      readonly heard: Instant
      readonly since: Instant
      readonly until: Instant
      readonly confirmations: number
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
  | { readonly kind: 'tick' }
  /** Somebody who was asked reaches this very instance. */
  | { readonly kind: 'vouched' }
  /** Somebody who was asked, and had reached it before, doesn't either. */
  | { readonly kind: 'confirmed' }
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
      // The first heart at once: its beat is what tells a link that stands from one that only was made.
      return [{ kind: 'alive', heard: now, asked: now }, ['heart']]
    case 'heard':
      return state.kind === 'alive' || state.kind === 'stalled'
        ? [{ kind: 'alive', heard: now, asked: state.asked }, none]
        : [state, none]
    case 'vouched':
      return onVouched(state, now)
    case 'confirmed':
      return [confirmed(state, options), none]
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
      return Math.min(heartWithOthers(state, options), state.greeted + options.greetInterval)
    case 'suspect':
      return state.until
    case 'unreachable':
      return Math.min(state.asked + options.askInterval, state.vouched + options.suspicion)
    default:
      return Number.POSITIVE_INFINITY
  }
}

interface Asked {
  readonly heard: Instant
  readonly asked: Instant
}

/** After how many intervals a peer is asked although it is heard: only beats tell its lag and the way there and back. */
const ASK_ANYWAY = 5

/** A heart is at most so large a share of its interval late. */
const SLACK_SHARE = 4

function nextHeart({ heard, asked }: Asked, { heartInterval }: LivenessOptions): Instant {
  return Math.min(Math.max(heard, asked) + heartInterval, asked + ASK_ANYWAY * heartInterval)
}

/** When to wake for a heart: those of all links in a process that fall due within `heartSlack` leave together. */
function heartWithOthers(state: Asked, options: LivenessOptions): Instant {
  const due = nextHeart(state, options)
  const slack = heartSlack(options)
  return slack === 0 ? due : Math.ceil(due / slack) * slack
}

function heartSlack(options: LivenessOptions): number {
  return Math.min(options.heartSlack, options.heartInterval / SLACK_SHARE)
}

/** For the one of two that asks only if the other doesn't: the same options, with a longer `heartInterval`. */
export function asksSecond(options: Readonly<LivenessOptions>): Readonly<LivenessOptions> {
  return { ...options, heartInterval: options.heartInterval + heartSlack(options) }
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
      return [suspected(state.heard, 0, now, options), ['probe', 'ask']]
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

function confirmed(state: PeerState, options: LivenessOptions): PeerState {
  if (state.kind !== 'suspect') return state
  const confirmations = state.confirmations + 1
  const less = suspicionAfter(state.confirmations, options) - suspicionAfter(confirmations, options)
  return { ...state, confirmations, until: state.until - less }
}

function suspected(
  heard: Instant,
  confirmations: number,
  now: Instant,
  options: LivenessOptions,
): Extract<PeerState, { kind: 'suspect' }> {
  return {
    kind: 'suspect',
    heard,
    since: now,
    until: now + suspicionAfter(confirmations, options),
    confirmations,
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
      const asks = now >= nextHeart(state, options)
      const asked = asks ? now : state.asked
      if (now < state.heard + options.stalledAfter) return [{ ...state, asked }, asks ? ['heart'] : none]
      return [
        { kind: 'stalled', heard: state.heard, asked, since: now, greeted: now },
        asks ? ['heart', 'probe'] : ['probe'],
      ]
    }
    case 'stalled': {
      const asks = now >= nextHeart(state, options)
      const greets = now >= state.greeted + options.greetInterval
      return [
        { ...state, asked: asks ? now : state.asked, greeted: greets ? now : state.greeted },
        [...(asks ? (['heart', 'probe'] as const) : []), ...(greets ? (['greet'] as const) : [])],
      ]
    }
    case 'suspect':
      return now >= state.until ? [{ kind: 'dead', since: now, reason: 'silent' }, none] : [state, none]
    case 'unreachable':
      // Whoever vouched for it has been asked several times since, and has had nothing to say.
      if (now >= state.vouched + options.suspicion)
        return [suspected(state.heard, WITNESSES, now, options), ['probe', 'ask']]
      return now >= state.asked + options.askInterval ? [{ ...state, asked: now }, ['ask']] : [state, none]
    default:
      return [state, none]
  }
}

/** Gives a peer the time that we were not looking. */
function forgive(state: PeerState, lost: number, now: Instant): PeerState {
  switch (state.kind) {
    case 'alive':
    case 'stalled':
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
