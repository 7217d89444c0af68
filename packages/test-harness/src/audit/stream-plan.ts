import type { Random } from '../random.js'
import { payloadOf, weigh } from './payloads.js'
import { DAMAGED } from './record.js'

/** How a stream of the audit is to go. Its producer and its reader know it. */
export interface StreamPlan {
  /** How many items it has. */
  readonly items: number
  /** Whether its producer throws after them. */
  readonly fails: boolean
  /** Bytes that some of the items bring along; 0 for none. */
  readonly bytes: number
  /** Milliseconds that its producer rests now and then. */
  readonly producerRest: number
  readonly readerRest: number
}

export interface StreamItem {
  /** The number of the request. */
  readonly of: number
  /** Its place in the stream, from 0. */
  readonly n: number
  readonly bytes: Uint8Array | undefined
}

/** Some windows, and far less than `DAMAGED`. */
const MOST_ITEMS = 3000

/** One item of so many brings bytes along, in a stream that has some. */
const BYTES_EVERY = 16

/** From here on they travel beside the message. */
const ATTACHED = 4096

/** The longest rest, in milliseconds: a stream has some ten, and is not to outlast the audit. */
const LONGEST_REST = 12

/** What a producer says when it throws because it was to. */
export const AS_PLANNED = 'the stream of the audit was to fail here'

/** Some streams fit into one message, most into a window, and some are longer. */
export function planOf(random: Random, fails = false): StreamPlan {
  const kind = random()
  const most = kind < 0.6 ? 100 : kind < 0.95 ? 600 : MOST_ITEMS
  const rest = () => (random() < 0.4 ? 1 + Math.floor(random() * LONGEST_REST) : 0)
  return {
    items: 10 + Math.floor(random() * (most - 10)),
    fails,
    bytes: random() < 0.25 ? ATTACHED + Math.floor(random() * ATTACHED) : 0,
    producerRest: rest(),
    readerRest: rest(),
  }
}

export function* itemsOf(seq: number, { items, bytes }: StreamPlan): Generator<StreamItem, void> {
  for (let n = 0; n < items; n++) {
    const brings = bytes > 0 && n % BYTES_EVERY === 0
    yield { of: seq, n, bytes: brings ? payloadOf(seq + n, bytes) : undefined }
  }
}

/** An item that has come; with `DAMAGED` for its place if it isn't one of this stream as it was sent. */
export function checked(item: unknown, seq: number, { bytes }: StreamPlan): StreamItem {
  const damaged = { of: seq, n: DAMAGED, bytes: undefined }
  if (typeof item !== 'object' || item === null) return damaged
  if (!('of' in item && 'n' in item && 'bytes' in item)) return damaged
  const { of, n } = item
  if (of !== seq || typeof n !== 'number') return damaged
  const brought = item.bytes instanceof Uint8Array ? item.bytes : undefined
  const due = n % BYTES_EVERY === 0 ? bytes : 0
  if ((brought === undefined ? 0 : weigh(seq + n, brought)) !== due) return damaged
  return { of, n, bytes: brought }
}

/** What the numbers of all its items add up to. */
export function sumOf({ items }: StreamPlan): number {
  return (items * (items - 1)) / 2
}
