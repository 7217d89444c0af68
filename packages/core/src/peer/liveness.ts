import type { Instant } from '../clock.js'
import type { LivenessOptions } from '../options.js'
import { heartWithOthers, lastTry, nextTry } from './heart-schedule.js'
import type { PeerAction, PeerEvent, PeerState } from './peer-state.js'
import { suspicionAfter, suspicionRefused, WITNESSES } from './suspicion.js'

/**
 * How long the beat of a stalled peer that speaks again is waited for, in milliseconds. The hearts that it has not read yet
 * lie before it, or are on their way: its beat takes as long as its event loop does for one turn, and one round trip, which
 * are milliseconds, or on a busy machine hundreds of them.
 */
export const BEAT_GRACE = 1000

type Step = readonly [PeerState, readonly PeerAction[]]
type Suspect = Extract<PeerState, { kind: 'suspect' }>

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
    case 'greeted':
      return onVouched(state, now)
    case 'confirmed':
      return [onConfirmed(state, now, options), none]
    case 'refused':
      return [onRefused(state, now, options), none]
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
  const confirmations = state.confirmations + 1
  if (state.refused) return { ...state, confirmations, until: givenUpAt(state, now, options) }
  const less = suspicionAfter(state.confirmations, options) - suspicionAfter(confirmations, options)
  const earliest = Math.min(state.until, state.since + suspicionAfter(WITNESSES, options))
  return { ...state, confirmations, until: Math.max(earliest, state.until - less) }
}

function onRefused(state: PeerState, now: Instant, options: LivenessOptions): PeerState {
  if (state.kind !== 'suspect' || state.refused) return state
  const until = state.confirmations > 0 ? givenUpAt(state, now, options) : state.until
  return { ...state, refused: true, until }
}

/** Of one that its host refuses, and somebody else has lost too. */
function givenUpAt(state: Suspect, now: Instant, options: LivenessOptions): Instant {
  return Math.min(state.until, Math.max(now, state.since + suspicionRefused(options)))
}

/** @param lasts milliseconds, as long as nobody has lost the peer too */
function suspected(heard: Instant, lasts: number, now: Instant, options: LivenessOptions): Suspect {
  return {
    kind: 'suspect',
    heard,
    since: now,
    until: Math.min(now + lasts, lastTry(heard, options)),
    confirmations: 0,
    refused: false,
  }
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
