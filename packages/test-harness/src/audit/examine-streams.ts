import type { Findings } from './findings.js'
import type { MemberLog } from './logs.js'
import { DAMAGED, type Outcome, type StreamEnding, type StreamPart, type StreamRecord } from './record.js'

/** What became of one stream, as its reader saw it. */
interface Reading {
  readonly reader: MemberLog
  readonly peer: number
  readonly seq: number
  readonly part: StreamPart
  /** How many items it was to have, and whether an error after them. */
  readonly items: number
  readonly fails: boolean
  /** Counts the sessions with its producer, as the reader saw them end. */
  readonly session: number
  readonly sessions: ReadonlyMap<number, number>
  readonly arrived: { readonly first: number; readonly count: number }[]
  late: number
  ending: StreamEnding | undefined
}

/** What must not happen to a stream. */
export type StreamViolation =
  | 'corrupted'
  | 'streamItemsLost'
  | 'streamItemsDoubled'
  | 'streamItemsReordered'
  | 'streamItemsAfterEnd'
  | 'streamErrorsEarly'
  | 'streamsUnended'
  | 'streamsBroken'
  | 'generatorsUnfinished'

/** A request with a stream, by the caller and its number; `receiver` is the other side. */
export interface StreamRequest {
  readonly caller: number
  readonly receiver: number
  readonly seq: number
}

type Accuse = (violation: StreamViolation, request: StreamRequest, times?: number) => void

/**
 * Compares what readers of streams were to get and what they got, and finds generators that never ended.
 *
 * @param outcomeOf how the request ended, as its caller knows
 */
export function examineStreams(
  logs: readonly MemberLog[],
  outcomeOf: (request: StreamRequest) => Outcome | undefined,
  findings: Findings,
  accuse: Accuse,
): void {
  const readings = logs.flatMap(readingsOf)
  const left = new Set(readings.filter(isLeftAnswer).map((reading) => keyOf(requestOf(reading))))
  for (const reading of readings) {
    const request = requestOf(reading)
    findings.streams += 1
    judgeItems(reading, findings, (violation, times) => {
      if (times > 0) accuse(violation, request, times)
    })
    if (reading.ending === undefined && reading.reader.lived) accuse('streamsUnended', request)
    const isNeedless = outcomeOf(request) !== 'result' || left.has(keyOf(request))
    if (!isExplained(reading, isNeedless)) accuse('streamsBroken', request)
  }
  for (const log of logs) {
    if (log.lived) for (const request of unfinishedOf(log)) accuse('generatorsUnfinished', request)
  }
}

function readingsOf(reader: MemberLog): Reading[] {
  const readings: Reading[] = []
  const open = new Map<string, Reading>()
  const sessions = new Map<number, number>()
  for (const record of reader.records) {
    const { kind, peer, seq } = record
    if (kind === 'ended') sessions.set(peer, (sessions.get(peer) ?? 0) + 1)
    if (kind !== 'opened' && kind !== 'items' && kind !== 'over') continue
    const key = `${record.part} ${peer} ${seq}`
    if (kind === 'opened') {
      const { part, items, fails } = record
      const session = sessions.get(peer) ?? 0
      const about = { reader, peer, seq, part, items, fails, session, sessions }
      const reading: Reading = { ...about, arrived: [], late: 0, ending: undefined }
      open.set(key, reading)
      readings.push(reading)
      continue
    }
    const reading = open.get(key)
    if (reading === undefined) continue
    if (kind === 'over') reading.ending = record.ending
    else if (reading.ending === undefined) reading.arrived.push(record)
    else reading.late += record.count
  }
  return readings
}

/** The argument of a request goes to its receiver, and the answer comes to its caller. */
function requestOf({ reader: { member }, peer, part, seq }: Reading): StreamRequest {
  return part === 'answer' ? { caller: member, receiver: peer, seq } : { caller: peer, receiver: member, seq }
}

function keyOf({ caller, seq }: StreamRequest): string {
  return `${caller} ${seq}`
}

function isLeftAnswer({ part, ending }: Reading): boolean {
  return part === 'answer' && ending === 'left'
}

function judgeItems(
  { items, arrived, late, ending }: Reading,
  findings: Findings,
  accuse: (violation: StreamViolation, times: number) => void,
): void {
  const seen = new Set<number>()
  let next = 0
  let [damaged, doubled, reordered] = [0, 0, 0]
  for (const place of arrived.flatMap(placesOf)) {
    findings.streamItems += 1
    if (place === DAMAGED || place >= items) damaged += 1
    else if (seen.has(place)) doubled += 1
    else if (place < next) reordered += 1
    if (place >= items) continue
    seen.add(place)
    next = Math.max(next, place + 1)
  }
  accuse('corrupted', damaged)
  accuse('streamItemsDoubled', doubled)
  accuse('streamItemsReordered', reordered)
  accuse('streamItemsAfterEnd', late)
  // Whatever its end: what has arrived is the beginning of it. Damaged ones did arrive.
  const missing = Math.max(0, next - seen.size - damaged)
  const behind = Math.max(0, items - Math.max(next, seen.size + damaged))
  accuse('streamItemsLost', ending === 'done' ? missing + behind : missing)
  if (ending === 'failed' && behind > 0) accuse('streamErrorsEarly', 1)
}

function placesOf({ first, count }: { readonly first: number; readonly count: number }): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

/** Whether it ended as it was to, or something has happened that ends a stream. */
function isExplained(reading: Reading, isNeedless: boolean): boolean {
  const { ending, fails, part, peer, session, sessions, arrived } = reading
  switch (ending) {
    case undefined:
    case 'left':
      return true
    case 'done':
      return !fails
    case 'failed':
      return fails
    case 'lost':
      return sessions.get(peer) !== undefined && sessions.get(peer) !== session
    case 'cancelled':
      return part === 'argument' && isNeedless
    case 'refused':
      return part === 'answer' && arrived.length === 0
    case 'other':
      return false
  }
}

/** The requests whose generators began at a member more often than they came to their end. */
function unfinishedOf({ member, records }: MemberLog): StreamRequest[] {
  const running = new Map<string, (StreamRecord & { kind: 'began' })[]>()
  for (const record of records) {
    if (record.kind !== 'began' && record.kind !== 'finished') continue
    const key = `${record.part} ${record.peer} ${record.seq}`
    const begun = running.get(key) ?? []
    running.set(key, begun)
    if (record.kind === 'began') begun.push({ ...record, kind: 'began' })
    else begun.pop()
  }
  return [...running.values()].flat().map(({ part, peer, seq }) => {
    return part === 'answer'
      ? { caller: peer, receiver: member, seq }
      : { caller: member, receiver: peer, seq }
  })
}
