import type { Instant } from '../clock.js'
import type { Link } from '../link/link.js'
import { dialable, refusedAt } from '../link/proof.js'
import type { LivenessOptions } from '../options.js'
import type { DeathReason, PeerState } from '../peer/peer-state.js'

/** What a verdict rests on. */
export interface Grounds {
  readonly link: Pick<Link, 'entry' | 'lane' | 'lastFailure' | 'refusal'>
  readonly was: PeerState
  readonly now: Instant
  readonly liveness: LivenessOptions
  /** Who has told of the end, if it was not seen by the link itself. */
  readonly witness: string | undefined
  /** How long it was stalled, by its own word. */
  readonly stalledMs?: number | undefined
}

/** How long the peer had not been heard when this verdict was given, in milliseconds; undefined where that says nothing. */
export function unheard(
  { was, now }: Pick<Grounds, 'was' | 'now'>,
  is: PeerState['kind'],
): number | undefined {
  return is === 'left' || !('heard' in was) ? undefined : Math.max(0, now - was.heard)
}

/**
 * Of a peer that was stalled and is alive: for how long its event loop stood still, in milliseconds, as its beat has told;
 * undefined where that was not waited for any longer.
 */
export function stalledFor({ pulse }: Pick<Link, 'pulse'>, was: PeerState, now: Instant): number | undefined {
  if (was.kind !== 'stalled' || pulse.lastAt < was.since) return undefined
  // What it tells of may be an earlier stall, which was longer.
  return Math.floor(Math.min(pulse.last?.lag ?? 0, now - was.heard))
}

/** Tells people why a peer's state has become this one; undefined where there is nothing to tell. */
export function evidenceOf(state: PeerState, grounds: Grounds): string | undefined {
  const { link, was, liveness } = grounds
  const silence = unheard(grounds, state.kind)
  switch (state.kind) {
    case 'alive':
      if (silence !== undefined)
        return `it was heard again, after ${ms(silence)} ms${told(grounds.stalledMs)}`
      return link.lane === undefined ? 'it has shaken hands' : `it has shaken hands over ${link.lane}`
    case 'stalled':
      if (was.kind === 'suspect' || was.kind === 'unreachable')
        return 'it can be reached again, and has said nothing yet'
      return `nothing was heard of it for ${ms(silence ?? liveness.stalledAfter)} ms, and its connection was not lost`
    case 'suspect':
      if (was.kind === 'unreachable') return `nobody has reached it for ${ms(liveness.suspicion)} ms`
      return lossOf(silence, liveness)
    case 'unreachable':
      return 'it can not be reached from here, and others reach it, or it has greeted this runtime'
    case 'dead':
      return evidenceOfDeath(state.reason, grounds)
    case 'left':
      return state.whose === 'theirs'
        ? `it said farewell: ${state.reason}`
        : `this runtime said farewell to it: ${state.reason}`
    default:
      return undefined
  }
}

/** The witness of what was seen here. No uid is like it. */
export const HERE = 'this runtime'

/** Tells people of an end that was not seen by a link itself. Who tells of one may have heard of it from another. */
export function hearsay(witness: string, reason: string): string {
  if (witness === HERE) return `${witness} saw it end`
  if (reason === 'exited') return `${witness} has told that whoever started it saw it end`
  return `${witness} has told of its end: ${reason}`
}

function evidenceOfDeath(reason: DeathReason, grounds: Grounds): string {
  const { link, witness } = grounds
  if (witness !== undefined) return hearsay(witness, reason)
  switch (reason) {
    case 'crashed':
      return `its host refuses connections to ${link.entry === undefined ? 'its address' : refusedAt(link.entry).join(', ')}`
    case 'exited':
      return 'whoever started it saw it end'
    case 'silent':
      return evidenceOfSilence(grounds)
    case 'no-answer':
      return `it did not answer the handshake in time${because(link.lastFailure)}`
    case 'refused':
      return `it refused the handshake${link.refusal === null ? '' : `: ${link.refusal.message}`}`
    case 'replaced':
      return 'another instance has its name or address now'
    case 'protocol':
      return 'it sent what does not follow the protocol'
    case 'session-ended':
      return 'the session was given up: it took this runtime for dead, or a batch could not be read'
  }
}

function evidenceOfSilence({ link, was, now, liveness }: Grounds): string {
  if (was.kind === 'alive' || was.kind === 'stalled')
    return `nothing was heard of it for ${ms(now - was.heard)} ms, and ${liveness.heartTries - 1} hearts were not answered`
  if (was.kind !== 'suspect') return 'it could not be reached'
  const lost = lossOf(was.since - was.heard, liveness)
  if (was.refused && was.confirmations > 0 && link.entry !== undefined)
    return `${lost}, its host refuses connections to ${dialable(link.entry.endpoints).join(', ')}${confirmed(was.confirmations)}`
  const more = `and it could not be reached for ${ms(now - was.since)} ms more`
  return `${lost}, ${more}${confirmed(was.confirmations)}${because(link.lastFailure)}`
}

/**
 * A connection is lost when it is closed, and when no heartbeat comes; who was heard within that time was closed. Of
 * others, which of the two it was is not known: who is busy says nothing, and gives heartbeats all the same.
 */
function lossOf(silence: number | undefined, { heartbeatTimeout }: LivenessOptions): string {
  if (silence === undefined || silence < heartbeatTimeout) return 'its connection was closed'
  return `its connection was lost ${ms(silence)} ms after it was last heard`
}

function confirmed(count: number): string {
  if (count === 0) return ''
  return count === 1 ? '; another has lost it too' : `; ${count} others have lost it too`
}

function told(stalledMs: number | undefined): string {
  return stalledMs === undefined ? '' : `; it says that its event loop stood still for ${ms(stalledMs)} ms`
}

function because(failure: string | undefined): string {
  return failure === undefined ? '' : ` (${failure})`
}

function ms(milliseconds: number): string {
  return milliseconds.toFixed(0)
}
