import { turns } from '../turns.js'
import type { Member } from './member.js'
import { uidOf } from './orders.js'
import type { TamperingTransport } from './tampering.js'

/** As many batches of the session in the middle come late, at least. */
const LATE_BATCHES = 6

/** How long each step may take, in milliseconds, when nothing comes. */
const PATIENCE_MS = 1500

/**
 * Ends the session with a peer; lets the next one fill a pipe that is not read; ends that one as well; and gets what is in
 * the pipe when a third session is in use. Whoever accepts the old token then takes batches of the second session for
 * those of the third.
 */
export async function giveUpTwice(
  member: Member,
  transport: TamperingTransport,
  peer: number,
): Promise<void> {
  const { comms } = member.runtime
  const uid = uidOf(peer)
  // What it sent would be acknowledged in what comes late, and so give that away: numbers that were never sent.
  member.shun(peer, true)
  transport.withhold('future')
  comms.disconnect(uid)
  await until(() => transport.kept >= LATE_BATCHES)
  comms.disconnect(uid)
  transport.release()
  await until(() => transport.kept === 0)
  transport.behave()
  member.shun(peer, false)
}

/** Resolves when it is so, or with its patience at an end. */
async function until(condition: () => boolean): Promise<void> {
  for await (const _ of turns(PATIENCE_MS)) if (condition()) return
}
