import type { Executed } from '@skein/core'
import { examineStreams, type StreamRequest } from './examine-streams.js'
import { emptyFindings, type Findings, OWN_DOING, type Suspect } from './findings.js'
import type { MemberLog } from './logs.js'
import { CORRUPTED, type Outcome } from './record.js'

/** What became of a request, from the logs of both sides. */
interface Fate {
  readonly caller: MemberLog
  readonly receiver: number
  readonly seq: number
  /** Counts the sessions of the pair, as its caller saw them end. */
  readonly session: number
  /** The number of the latest one, by receiver: shared by all of a caller. */
  readonly sessions: ReadonlyMap<number, number>
  readonly operation: number
  readonly isOneWay: boolean
  readonly bytes: number
  outcome: Outcome | undefined
  executed: Executed | undefined
  executions: number
}

/** Of the violations only the first are told one by one. */
const MOST_SUSPECTS = 50

/**
 * Compares what callers and receivers have written down.
 *
 * @param isOneWay whether an operation, by its number, expects no answer
 */
export function examine(
  logs: readonly MemberLog[],
  isOneWay: (operation: number) => boolean,
): { readonly findings: Findings; readonly suspects: readonly Suspect[] } {
  const findings = emptyFindings()
  const suspects: Suspect[] = []
  const accuse: Accuse = (
    violation,
    { caller, receiver, seq, operation, executions, ...fate },
    times = 1,
  ) => {
    findings[violation] += times
    if (suspects.length >= MOST_SUSPECTS) return
    const outcome = nameOf({ caller, ...fate })
    suspects.push({ violation, caller: caller.member, receiver, seq, operation, outcome, executions })
  }
  const fates = new Map(logs.map((log) => [log.member, fatesOf(log, isOneWay)]))
  for (const log of logs) executionsOf(log, fates, accuse)
  const lived = new Set(logs.filter((log) => log.lived).map(({ member }) => member))
  const all = [...fates.values()].flatMap((known) => [...known.values()])
  for (const fate of all) judge(fate, findings, accuse)
  for (const fate of lostOneWay(all, lived)) accuse('lostOneWay', fate)
  const fateOf = ({ caller, seq }: StreamRequest) => fates.get(caller)?.get(seq)
  examineStreams(
    logs,
    (request) => fateOf(request)?.outcome,
    findings,
    (violation, request, times) => accuse(violation, fateOf(request) ?? lostFrom(logs, request), times),
  )
  findings.resultsFromLivingPeers = shareOfResults(all, lived)
  return { findings, suspects }
}

type Accuse = (violation: Suspect['violation'], fate: Fate, times?: number) => void

const UNKNOWN = { outcome: undefined, executed: undefined, executions: 0 }

/** The requests of one caller, in the order in which they were sent. */
function fatesOf(caller: MemberLog, isOneWay: (operation: number) => boolean): Map<number, Fate> {
  const fates = new Map<number, Fate>()
  const sessions = new Map<number, number>()
  for (const record of caller.records) {
    const { kind, peer: receiver, seq } = record
    const session = sessions.get(receiver) ?? 0
    if (kind === 'ended') sessions.set(receiver, session + 1)
    if (kind === 'sent') {
      const { operation, bytes } = record
      const sent = {
        caller,
        receiver,
        seq,
        session,
        sessions,
        operation,
        bytes,
        isOneWay: isOneWay(operation),
      }
      fates.set(seq, { ...sent, ...UNKNOWN })
    }
    const fate = fates.get(seq)
    if (kind !== 'settled' || fate === undefined) continue
    fate.outcome = record.outcome
    fate.executed = record.executed
  }
  return fates
}

/** Enters what ran at one receiver, and finds what ran too late or was damaged. */
function executionsOf(
  log: MemberLog,
  fates: ReadonlyMap<number, ReadonlyMap<number, Fate>>,
  accuse: Accuse,
): void {
  const latest = new Map<number, number>()
  for (const record of log.records) {
    if (record.kind !== 'executed') continue
    const { peer, seq, bytes } = record
    const before = latest.get(peer) ?? 0
    latest.set(peer, Math.max(before, seq))
    const fate = fates.get(peer)?.get(seq)
    // The log of a caller that was killed lacks the last that it sent, and nobody can say what that was.
    if (fate === undefined) {
      const caller = [...(fates.get(peer)?.values() ?? [])][0]?.caller
      if (caller?.lived === true) accuse('unasked', strayOf(caller, log.member, seq, bytes))
      continue
    }
    fate.executions += 1
    // A second execution is counted as such, and not as one that is late.
    if (seq < before && fate.executions === 1) accuse('reordered', fate)
    if (fate.receiver !== log.member) accuse('unasked', fate)
    if (bytes === CORRUPTED || bytes !== fate.bytes) accuse('corrupted', fate)
  }
}

/** What ran although its caller knows nothing of it. */
function strayOf(caller: MemberLog, receiver: number, seq: number, bytes: number): Fate {
  const asked = {
    caller,
    receiver,
    seq,
    session: 0,
    sessions: new Map(),
    operation: 0,
    bytes,
    isOneWay: false,
  }
  return { ...asked, ...UNKNOWN, executions: 1 }
}

/** A request that is not in the log of its caller, which was killed. */
function lostFrom(logs: readonly MemberLog[], { caller, receiver, seq }: StreamRequest): Fate {
  const log = logs.find(({ member }) => member === caller) ?? { member: caller, lived: false, records: [] }
  return strayOf(log, receiver, seq, 0)
}

function judge(fate: Fate, findings: Findings, accuse: Accuse): void {
  const { outcome, executed, executions, isOneWay, caller } = fate
  findings.requests += 1
  if (outcome !== undefined) findings.settled += 1
  else if (caller.lived) accuse('unsettled', fate)
  if (executions > 1) accuse(isOneWay ? 'doubledOneWay' : 'executedTwice', fate)
  if (executed === 'no' && executions > 0) accuse('noButExecuted', fate)
  if (outcome === 'wrong-result') accuse('corrupted', fate)
  const name = nameOf(fate)
  findings.byOutcome[name] = (findings.byOutcome[name] ?? 0) + 1
}

function nameOf({ outcome, executed, caller }: Pick<Fate, 'outcome' | 'executed' | 'caller'>): string {
  if (outcome === undefined) return caller.lived ? 'unsettled' : 'caller killed'
  return executed === undefined ? outcome : `${outcome} ${executed}`
}

/**
 * One-way messages that must have arrived and have not. With a session that was given up, the end of what was sent in it
 * may be gone; but nothing before what has arrived, and nothing of the last session.
 */
function lostOneWay(all: readonly Fate[], lived: ReadonlySet<number>): Fate[] {
  const arrived = new Map<string, number>()
  const sessionOf = ({ caller, receiver, session }: Fate) => `${caller.member} ${receiver} ${session}`
  for (const fate of all) {
    if (fate.executions === 0) continue
    const key = sessionOf(fate)
    arrived.set(key, Math.max(fate.seq, arrived.get(key) ?? 0))
  }
  return all.filter((fate) => {
    const { isOneWay, outcome, executions, caller, receiver, session, sessions, seq } = fate
    if (!isOneWay || outcome !== 'sent' || executions > 0) return false
    if (!caller.lived || !lived.has(receiver)) return false
    return session === (sessions.get(receiver) ?? 0) || seq < (arrived.get(sessionOf(fate)) ?? 0)
  })
}

function shareOfResults(all: readonly Fate[], lived: ReadonlySet<number>): number {
  const asked = all.filter(({ caller, receiver, isOneWay, outcome }) => {
    if (isOneWay || !caller.lived || !lived.has(receiver)) return false
    return outcome === undefined || !OWN_DOING.has(outcome)
  })
  if (asked.length === 0) return 1
  return asked.filter(({ outcome }) => outcome === 'result').length / asked.length
}
