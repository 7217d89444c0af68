import { describe, expect, test } from '@jest/globals'
import { examine } from '../src/audit/examine.js'
import { isClean } from '../src/audit/findings.js'
import type { MemberLog } from '../src/audit/logs.js'
import { type AuditRecord, CORRUPTED, decodeRecord, encodeRecord, RECORD_BYTES } from '../src/audit/record.js'

const CALL = 0
const SEND = 1

/** From member 0 to member 1, unless it says otherwise. */
const sent = (seq: number, operation = CALL, bytes = 10): AuditRecord => ({
  kind: 'sent',
  peer: 1,
  seq,
  operation,
  bytes,
})
const settled = (
  seq: number,
  outcome: (AuditRecord & { kind: 'settled' })['outcome'] = 'result',
  executed?: 'no' | 'maybe',
): AuditRecord => ({ kind: 'settled', peer: 1, seq, outcome, executed })
const executed = (seq: number, bytes = 10): AuditRecord => ({ kind: 'executed', peer: 0, seq, bytes })
const ended: AuditRecord = { kind: 'ended', peer: 1, seq: 0 }

interface Lives {
  readonly caller?: boolean
  readonly receiver?: boolean
}

function examined(
  atCaller: AuditRecord[],
  atReceiver: AuditRecord[],
  { caller = true, receiver = true }: Lives = {},
) {
  const logs: MemberLog[] = [
    { member: 0, lived: caller, records: atCaller },
    { member: 1, lived: receiver, records: atReceiver },
  ]
  return examine(logs, (operation) => operation === SEND)
}

describe('An examination', () => {
  test('finds nothing wrong where every request has run once, in order, and settled', () => {
    const { findings, suspects } = examined(
      [sent(1), sent(2, SEND), settled(2, 'sent'), settled(1)],
      [executed(1), executed(2)],
    )
    expect(isClean(findings)).toBe(true)
    expect(suspects).toEqual([])
    expect(findings).toMatchObject({
      requests: 2,
      settled: 2,
      resultsFromLivingPeers: 1,
      byOutcome: { result: 1, sent: 1 },
    })
  })

  test('counts what has not settled', () => {
    expect(examined([sent(1)], [executed(1)]).findings).toMatchObject({ unsettled: 1, settled: 0 })
  })

  test('does not hold a killed caller to what it could not write down', () => {
    const { findings } = examined([sent(1)], [executed(1), executed(7)], { caller: false })
    expect(isClean(findings)).toBe(true)
    expect(findings).toMatchObject({ requests: 1, byOutcome: { 'caller killed': 1 } })
  })

  test('counts what ran twice, requests and one-way messages apart', () => {
    const twice = [executed(1), executed(2), executed(1), executed(2)]
    const { findings } = examined([sent(1), sent(2, SEND), settled(1), settled(2, 'sent')], twice)
    expect(findings).toMatchObject({ executedTwice: 1, doubledOneWay: 1, reordered: 0 })
  })

  test('counts what ran although its caller was told that it had not', () => {
    const { findings, suspects } = examined([sent(1), settled(1, 'ERR_PEER_LOST', 'no')], [executed(1)])
    expect(findings.noButExecuted).toBe(1)
    expect(suspects).toMatchObject([{ violation: 'noButExecuted', caller: 0, receiver: 1, seq: 1 }])
    const maybe = examined([sent(1), settled(1, 'ERR_PEER_LOST', 'maybe')], [executed(1)])
    expect(isClean(maybe.findings)).toBe(true)
  })

  test('counts what started after a later one of the same caller', () => {
    const { findings } = examined([sent(1), sent(2), settled(1), settled(2)], [executed(2), executed(1)])
    expect(findings.reordered).toBe(1)
  })

  test('does not mind that a request is missing in the order', () => {
    const gone = settled(2, 'ERR_CANCELLED', 'maybe')
    const { findings } = examined(
      [sent(1), sent(2), sent(3), settled(1), gone, settled(3)],
      [executed(1), executed(3)],
    )
    expect(isClean(findings)).toBe(true)
    expect(findings.resultsFromLivingPeers).toBe(1)
  })

  test('counts one-way messages that are lost, but those at the end of a session that was given up', () => {
    const both = [sent(1, SEND), sent(2, SEND), settled(1, 'sent'), settled(2, 'sent')]
    expect(examined(both, [executed(1)]).findings.lostOneWay).toBe(1)
    expect(examined([...both, ended], [executed(1)]).findings.lostOneWay).toBe(0)
    expect(examined([...both, ended], [executed(2)]).findings.lostOneWay).toBe(1)
    expect(examined(both, [executed(1)], { receiver: false }).findings.lostOneWay).toBe(0)
    const refused = [sent(1, SEND), settled(1, 'ERR_PEER_LOST', 'no')]
    expect(examined(refused, []).findings.lostOneWay).toBe(0)
  })

  test('counts payloads and answers that are not what was sent', () => {
    expect(examined([sent(1), settled(1)], [executed(1, CORRUPTED)]).findings.corrupted).toBe(1)
    expect(examined([sent(1), settled(1)], [executed(1, 9)]).findings.corrupted).toBe(1)
    expect(examined([sent(1), settled(1, 'wrong-result')], [executed(1)]).findings.corrupted).toBe(1)
  })

  test('counts what ran and nobody had sent', () => {
    expect(examined([sent(1), settled(1)], [executed(1), executed(5)]).findings.unasked).toBe(1)
  })

  test('gives the share of results among requests between those that lived', () => {
    const lost = settled(2, 'ERR_PEER_LOST', 'maybe')
    expect(examined([sent(1), sent(2), settled(1), lost], [executed(1)]).findings).toMatchObject({
      resultsFromLivingPeers: 0.5,
    })
    const killed = examined([sent(2), lost], [], { receiver: false })
    expect(killed.findings.resultsFromLivingPeers).toBe(1)
  })
})

test('A record is read as it was written', () => {
  const records = [sent(1, SEND, 2 ** 20), settled(4_000_000_000, 'ERR_TIMEOUT', 'no'), executed(3), ended]
  const bytes = Buffer.alloc(records.length * RECORD_BYTES)
  records.forEach((record, i) => {
    encodeRecord(record, bytes, i * RECORD_BYTES)
  })
  expect(records.map((_, i) => decodeRecord(bytes, i * RECORD_BYTES))).toEqual(records)
})
