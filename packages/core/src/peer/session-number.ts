/**
 * What the other side's number for the session that two instances hold means for ours: the session goes on under our
 * number, it takes the other's, or it is over, and what is in flight in it is lost. `docs/protocol.md`, Sessions.
 *
 * @param hasTraffic whether anything was sent or taken in our session
 */
export function sessionNumber(
  ours: number,
  theirs: number,
  hasTraffic: boolean,
): 'keep' | 'renumber' | 'give up' {
  // Lower: the other gives its own up, or takes our number, as soon as it sees ours.
  if (theirs <= ours) return 'keep'
  return hasTraffic ? 'give up' : 'renumber'
}
