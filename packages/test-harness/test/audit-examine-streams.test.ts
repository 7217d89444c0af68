import { describe, expect, test } from '@jest/globals'
import { examine } from '../src/audit/examine.js'
import { type Findings, isClean, VIOLATIONS } from '../src/audit/findings.js'
import {
  type AuditRecord,
  DAMAGED,
  decodeRecord,
  encodeRecord,
  type Outcome,
  RECORD_BYTES,
  type StreamEnding,
  type StreamPart,
} from '../src/audit/record.js'

const CALLER = 0
const RECEIVER = 1
const BYTES = 10

/** The lines about one stream at one of its ends; `peer` is at the other. */
function lines(peer: number, part: StreamPart, seq = 1) {
  const about = { peer, seq, part }
  return {
    opened: (items: number, fails = false): AuditRecord => ({ kind: 'opened', ...about, items, fails }),
    items: (first: number, count: number): AuditRecord => ({ kind: 'items', ...about, first, count }),
    over: (ending: StreamEnding): AuditRecord => ({ kind: 'over', ...about, ending }),
    began: { kind: 'began', ...about } satisfies AuditRecord,
    finished: { kind: 'finished', ...about } satisfies AuditRecord,
  }
}

const answer = { read: lines(RECEIVER, 'answer'), produced: lines(CALLER, 'answer') }
const argument = { read: lines(CALLER, 'argument'), produced: lines(RECEIVER, 'argument') }
const { opened, items, over } = answer.read
const ended = (peer: number): AuditRecord => ({ kind: 'ended', peer, seq: 0 })

interface Told {
  readonly outcome?: Outcome
  readonly atReceiver?: readonly AuditRecord[]
  readonly callerLived?: boolean
  readonly receiverLived?: boolean
}

/** What is found wrong with request 1, whose caller has written this beside that it was sent and settled. */
function violations(
  atCaller: readonly AuditRecord[],
  { outcome = 'result', atReceiver = [], callerLived = true, receiverLived = true }: Told = {},
): Partial<Findings> {
  const about = { peer: RECEIVER, seq: 1 }
  const { findings } = examine(
    [
      {
        member: CALLER,
        lived: callerLived,
        records: [
          { kind: 'sent', ...about, operation: 0, bytes: BYTES },
          ...atCaller,
          { kind: 'settled', ...about, outcome, executed: undefined },
        ],
      },
      {
        member: RECEIVER,
        lived: receiverLived,
        records: [{ kind: 'executed', peer: CALLER, seq: 1, bytes: BYTES }, ...atReceiver],
      },
    ],
    () => false,
  )
  const found = VIOLATIONS.filter((name) => findings[name] > 0).map((name) => [name, findings[name]])
  expect(isClean(findings)).toBe(found.length === 0)
  return Object.fromEntries(found)
}

describe('An examination of streams', () => {
  test('finds nothing wrong with one that was read to its end, and counts it', () => {
    const records = [opened(30), items(0, 30), over('done')]
    const { produced } = answer
    const told = { atReceiver: [produced.began, produced.finished] }
    expect(violations(records, told)).toEqual({})
    const log = { member: CALLER, lived: true, records }
    expect(examine([log], () => false).findings).toMatchObject({ streams: 1, streamItems: 30 })
  })

  test('counts items that are missing in the midst or at the end', () => {
    const missing = (...arrived: AuditRecord[]) => violations([opened(10), ...arrived, over('done')])
    expect(missing(items(0, 4), items(6, 4))).toEqual({ streamItemsLost: 2 })
    expect(missing(items(0, 7))).toEqual({ streamItemsLost: 3 })
    expect(missing()).toEqual({ streamItemsLost: 10 })
  })

  test('counts items that come twice, or after a later one', () => {
    const came = (...arrived: AuditRecord[]) => violations([opened(10), ...arrived, over('done')])
    expect(came(items(0, 6), items(4, 6))).toEqual({ streamItemsDoubled: 2 })
    expect(came(items(0, 3), items(5, 5), items(3, 2))).toEqual({ streamItemsReordered: 2 })
  })

  test('counts items that are not what was sent, and not as missing ones too', () => {
    const damaged = [items(0, 5), items(DAMAGED, 1), items(6, 4)]
    expect(violations([opened(10), ...damaged, over('done')])).toEqual({ corrupted: 1 })
    expect(violations([opened(10), items(0, 11), over('done')])).toEqual({ corrupted: 1 })
  })

  test('counts items after the end', () => {
    const all = [opened(10), items(0, 10)]
    expect(violations([...all, over('done'), items(10, 2)])).toEqual({ streamItemsAfterEnd: 2 })
    expect(violations([opened(10), items(0, 3), over('left'), items(3, 1)])).toEqual({
      streamItemsAfterEnd: 1,
    })
  })

  test('counts an error that came before all items were there', () => {
    expect(violations([opened(10, true), items(0, 10), over('failed')])).toEqual({})
    expect(violations([opened(10, true), items(0, 9), over('failed')])).toEqual({ streamErrorsEarly: 1 })
    expect(violations([opened(10, true), items(0, 4), items(5, 5), over('failed')])).toEqual({
      streamItemsLost: 1,
    })
  })

  test('counts a stream that never ended, unless its reader was killed', () => {
    const records = [opened(10), items(0, 3)]
    expect(violations(records)).toEqual({ streamsUnended: 1 })
    expect(violations(records, { callerLived: false })).toEqual({})
  })

  test('wants nothing but the beginning of a stream that was left', () => {
    expect(violations([opened(10), items(0, 4), over('left')])).toEqual({})
    expect(violations([opened(10), items(1, 3), over('left')])).toEqual({ streamItemsLost: 1 })
  })

  test('takes the end of a session for a reason to end with an error, after the beginning of the stream', () => {
    const lost = [items(0, 4), over('lost')]
    expect(violations([opened(10), ...lost, ended(RECEIVER)])).toEqual({})
    expect(violations([opened(10), ended(RECEIVER), items(1, 3), over('lost')])).toEqual({
      streamItemsLost: 1,
    })
    expect(violations([ended(RECEIVER), opened(10), ...lost])).toEqual({ streamsBroken: 1 })
    expect(violations([opened(10), ...lost, ended(2)])).toEqual({ streamsBroken: 1 })
  })

  test('takes the end of a killed producer for an error, never for the end of its stream', () => {
    const killed = { receiverLived: false }
    expect(violations([opened(10), items(0, 4), over('lost'), ended(RECEIVER)], killed)).toEqual({})
    expect(violations([opened(10), items(0, 4), over('done'), ended(RECEIVER)], killed)).toEqual({
      streamItemsLost: 6,
    })
  })

  test('counts ends that nothing explains', () => {
    const endings: [StreamEnding, boolean][] = [
      ['done', true],
      ['failed', false],
      ['cancelled', false],
      ['other', false],
      ['refused', false],
    ]
    for (const [ending, fails] of endings) {
      expect(violations([opened(10, fails), items(0, 10), over(ending)])).toEqual({ streamsBroken: 1 })
    }
    expect(violations([opened(10), over('refused')])).toEqual({})
  })

  test('takes it for an explanation of a cancelled argument that its request is over, or the answer left', () => {
    const { read } = argument
    const atReceiver = [read.opened(10), read.items(0, 4), read.over('cancelled')]
    expect(violations([], { atReceiver })).toEqual({ streamsBroken: 1 })
    expect(violations([], { atReceiver, outcome: 'ERR_CANCELLED' })).toEqual({})
    expect(violations([opened(10), items(0, 2), over('left')], { atReceiver })).toEqual({})
    expect(violations([opened(10), items(0, 10), over('done')], { atReceiver })).toEqual({
      streamsBroken: 1,
    })
  })

  test('counts generators that began and never came to their end, unless they were killed', () => {
    const { began, finished } = argument.produced
    expect(violations([began, finished])).toEqual({})
    expect(violations([began])).toEqual({ generatorsUnfinished: 1 })
    expect(violations([began], { callerLived: false })).toEqual({})
    const atReceiver = [answer.produced.began]
    expect(violations([], { atReceiver })).toEqual({ generatorsUnfinished: 1 })
    expect(violations([], { atReceiver, receiverLived: false })).toEqual({})
  })

  test('names the request of a stream that fared wrong', () => {
    const read = lines(CALLER, 'argument', 7)
    const records = [read.opened(10), read.items(0, 9), read.over('done')]
    const { suspects } = examine([{ member: RECEIVER, lived: true, records }], () => false)
    expect(suspects).toMatchObject([
      { violation: 'streamItemsLost', caller: CALLER, receiver: RECEIVER, seq: 7 },
    ])
  })
})

test('A record about a stream is read as it was written', () => {
  const { began, finished } = argument.produced
  const records = [
    opened(3000, true),
    opened(1),
    items(2999, 65_000),
    items(DAMAGED, 1),
    over('lost'),
    began,
    finished,
  ]
  const bytes = Buffer.alloc(records.length * RECORD_BYTES)
  records.forEach((record, i) => {
    encodeRecord(record, bytes, i * RECORD_BYTES)
  })
  expect(records.map((_, i) => decodeRecord(bytes, i * RECORD_BYTES))).toEqual(records)
})
