import { type Executed, SkeinError } from '@skein/core'

/** What a member writes down about a request. Append only: the number of a kind is what stands in the file. */
const KINDS = [
  'sent',
  'settled',
  'executed',
  'ended',
  'opened',
  'items',
  'over',
  'began',
  'finished',
] as const

/** How a request can end for its caller. Append only as well. */
export const OUTCOMES = [
  'result',
  /** The outbox has taken a message that expects no answer. */
  'sent',
  /** The answer was one to another request. */
  'wrong-result',
  'other-error',
  'ERR_PEER_LOST',
  'ERR_TIMEOUT',
  'ERR_CANCELLED',
  'ERR_NO_SUCH_PEER',
  'ERR_NO_SUCH_OBJECT',
  'ERR_OVERLOADED',
  'ERR_CLOSED',
  'ERR_HANDSHAKE_TIMEOUT',
  'ERR_PROTOCOL',
  'ERR_REMOTE',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What a stream is to its request. Append only. */
export const STREAM_PARTS = ['argument', 'answer'] as const
export type StreamPart = (typeof STREAM_PARTS)[number]

/** How a stream can end for its reader. Append only. */
export const STREAM_ENDINGS = [
  'done',
  /** Its reader wanted no more. */
  'left',
  /** Its producer has thrown what it was to throw. */
  'failed',
  /** Its producer is gone, or the session with it. */
  'lost',
  'cancelled',
  /** The request that was to bring it never ran. */
  'refused',
  'other',
] as const
export type StreamEnding = (typeof STREAM_ENDINGS)[number]

const EXECUTED: readonly (Executed | undefined)[] = [undefined, 'no', 'maybe']

/** In place of its place, which has 16 bits, of an item of a stream that is not what was sent. */
export const DAMAGED = 0xffff

/** In place of its bytes, of a payload that is not what was sent. */
export const CORRUPTED = 0xffff_ffff

/**
 * A line of a member's log. `peer` is the number of the other member, `seq` that of the request, which its caller counts
 * over all whom it asks.
 */
export type AuditRecord =
  /** At the caller, before it is sent. `operation` is its place in `operations`. */
  | {
      readonly kind: 'sent'
      readonly peer: number
      readonly seq: number
      readonly operation: number
      readonly bytes: number
    }
  /** At the caller. */
  | {
      readonly kind: 'settled'
      readonly peer: number
      readonly seq: number
      readonly outcome: Outcome
      readonly executed: Executed | undefined
    }
  /** At the receiver, when it starts. */
  | { readonly kind: 'executed'; readonly peer: number; readonly seq: number; readonly bytes: number }
  /** The session with `peer` has ended as seen from here, where `seq` was the last request to anybody. */
  | { readonly kind: 'ended'; readonly peer: number; readonly seq: number }
  | StreamRecord

/** A line about a stream of the request `seq`; `peer` is who is at its other end. */
export type StreamRecord =
  /** At its reader, which knows what is to come. */
  | (AboutStream & { readonly kind: 'opened'; readonly items: number; readonly fails: boolean })
  /** At its reader: so many items came one after the other. In the log before `over`, unless they came after it. */
  | (AboutStream & { readonly kind: 'items'; readonly first: number; readonly count: number })
  /** At its reader. */
  | (AboutStream & { readonly kind: 'over'; readonly ending: StreamEnding })
  /** At its producer: its generator runs, and has come to its end, however. */
  | (AboutStream & { readonly kind: 'began' | 'finished' })

interface AboutStream {
  readonly peer: number
  readonly seq: number
  readonly part: StreamPart
}

/** Kind, detail, peer (2 bytes), seq (4), value (4): of a fixed size, so that what a kill has cut short does no harm. */
export const RECORD_BYTES = 12

export function encodeRecord(record: AuditRecord, into: Buffer, at: number): void {
  const [detail, value] = payloadOf(record)
  into[at] = KINDS.indexOf(record.kind)
  into[at + 1] = detail
  into.writeUInt16LE(record.peer, at + 2)
  into.writeUInt32LE(record.seq, at + 4)
  into.writeUInt32LE(value, at + 8)
}

function payloadOf(record: AuditRecord): readonly [detail: number, value: number] {
  switch (record.kind) {
    case 'sent':
      return [record.operation, record.bytes]
    case 'settled':
      return [OUTCOMES.indexOf(record.outcome), EXECUTED.indexOf(record.executed)]
    case 'executed':
      return [0, record.bytes]
    case 'ended':
      return [0, 0]
    case 'opened':
      return [partOf(record), record.items * 2 + Number(record.fails)]
    case 'items':
      return [partOf(record), record.first * 2 ** 16 + record.count]
    case 'over':
      return [partOf(record), STREAM_ENDINGS.indexOf(record.ending)]
    case 'began':
    case 'finished':
      return [partOf(record), 0]
  }
}

function partOf({ part }: AboutStream): number {
  return STREAM_PARTS.indexOf(part)
}

export function decodeRecord(from: Buffer, at: number): AuditRecord {
  const kind = KINDS[from.readUInt8(at)]
  const detail = from.readUInt8(at + 1)
  const about = { peer: from.readUInt16LE(at + 2), seq: from.readUInt32LE(at + 4) }
  const value = from.readUInt32LE(at + 8)
  const ofStream = { ...about, part: STREAM_PARTS[detail] ?? 'answer' }
  switch (kind) {
    case 'sent':
      return { kind, ...about, operation: detail, bytes: value }
    case 'settled':
      return { kind, ...about, outcome: OUTCOMES[detail] ?? 'other-error', executed: EXECUTED[value] }
    case 'executed':
      return { kind, ...about, bytes: value }
    case 'ended':
      return { kind, ...about }
    case 'opened':
      return { kind, ...ofStream, items: value >>> 1, fails: value % 2 === 1 }
    case 'items':
      return { kind, ...ofStream, first: value >>> 16, count: value & 0xffff }
    case 'over':
      return { kind, ...ofStream, ending: STREAM_ENDINGS[value] ?? 'other' }
    case 'began':
    case 'finished':
      return { kind, ...ofStream }
    default:
      throw new RangeError(`a log of the audit has no record of kind ${from.readUInt8(at)}`)
  }
}

/** How a request has ended that was rejected with `error`. */
export function outcomeOf(error: unknown): Pick<AuditRecord & { kind: 'settled' }, 'outcome' | 'executed'> {
  if (!(error instanceof SkeinError)) return { outcome: 'other-error', executed: undefined }
  const outcome = OUTCOMES.find((known) => known === error.code) ?? 'other-error'
  return { outcome, executed: error.executed }
}
