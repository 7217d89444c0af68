import { SkeinError } from '@skein/core'
import type { Clock } from '@skein/core/internal'
import type { Journal } from './journal.js'
import type { StreamEnding, StreamPart } from './record.js'
import { AS_PLANNED, checked, type StreamItem, type StreamPlan } from './stream-plan.js'

/** One stream: what `part` it has in the request `seq`, and who is at its other end. */
export interface StreamKey {
  readonly peer: number
  readonly seq: number
  readonly part: StreamPart
}

/** What can be read, be it a stream or an answer that will be one. */
export interface Readable {
  next(): Promise<IteratorResult<unknown, unknown>>
  return?(value?: unknown): Promise<unknown>
}

/** Rests in a stream, for one who takes any. */
const RESTS = 10

/** The streams of one member, at both ends: what goes through them is in its journal. */
export class Streaming {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #changed: () => void
  #open = 0

  /** @param changed a stream has begun, or is over */
  constructor(journal: Journal, clock: Clock, changed: () => void) {
    this.#journal = journal
    this.#clock = clock
    this.#changed = changed
  }

  /** How many are read or produced here, and not over. */
  get open(): number {
    return this.#open
  }

  /** Yields what `from` has, and throws or returns the number of the request after that. */
  async *produce(
    key: StreamKey,
    plan: StreamPlan,
    from: Iterable<StreamItem> | AsyncIterable<StreamItem>,
  ): AsyncGenerator<StreamItem, number> {
    this.#begun()
    this.#journal.note({ kind: 'began', ...key })
    try {
      const every = Math.ceil(plan.items / RESTS)
      let left = every
      for await (const item of from) {
        yield item
        if (plan.producerRest > 0 && --left === 0) {
          left = every
          await this.#rest(plan.producerRest)
        }
      }
      if (plan.fails) throw new Error(AS_PLANNED)
      return key.seq
    } finally {
      this.#journal.note({ kind: 'finished', ...key })
      this.#over()
    }
  }

  /** Hands on what comes of a stream, and writes down what came and how it ended. It is left where the loop is. */
  async *follow(
    key: StreamKey,
    plan: StreamPlan,
    stream: Readable,
    leave: () => Promise<unknown> = async () => stream.return?.(),
  ): AsyncGenerator<StreamItem, unknown> {
    this.#begun()
    const { items, fails } = plan
    this.#journal.note({ kind: 'opened', ...key, items, fails })
    const arrivals = new Arrivals(key, this.#journal)
    const every = Math.ceil(items / RESTS)
    let left = every
    let ending: StreamEnding = 'left'
    try {
      for (;;) {
        const { done, value } = await stream.next()
        if (done === true) {
          ending = 'done'
          return value
        }
        const item = checked(value, key.seq, plan)
        arrivals.came(item)
        yield item
        if (plan.readerRest > 0 && --left === 0) {
          left = every
          await this.#rest(plan.readerRest)
        }
      }
    } catch (error) {
      ending = streamEndingOf(error)
      throw error
    } finally {
      if (ending === 'left') await leave()
      arrivals.write()
      this.#journal.note({ kind: 'over', ...key, ending })
      await this.#askOn(key, plan, stream)
      this.#over()
    }
  }

  /** Nothing comes of a stream that is over. */
  async #askOn(key: StreamKey, plan: StreamPlan, stream: Readable): Promise<void> {
    const arrivals = new Arrivals(key, this.#journal)
    for (let i = 0; i < 2; i++) {
      const late = await stream.next().catch(() => undefined)
      if (late?.done === false) arrivals.came(checked(late.value, key.seq, plan))
    }
    arrivals.write()
  }

  #begun(): void {
    this.#open += 1
    this.#changed()
  }

  #over(): void {
    this.#open -= 1
    this.#changed()
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, () => resolve())
    })
  }
}

/** Items as they came: those that followed each other are one line of the journal. */
class Arrivals {
  readonly #key: StreamKey
  readonly #journal: Journal
  #first = 0
  #count = 0

  constructor(key: StreamKey, journal: Journal) {
    this.#key = key
    this.#journal = journal
  }

  came({ n }: StreamItem): void {
    if (n !== this.#first + this.#count) {
      this.write()
      this.#first = n
    }
    this.#count += 1
  }

  write(): void {
    if (this.#count === 0) return
    this.#journal.note({ kind: 'items', ...this.#key, first: this.#first, count: this.#count })
    this.#first += this.#count
    this.#count = 0
  }
}

/** How a stream has ended that has thrown `error`. */
export function streamEndingOf(error: unknown): StreamEnding {
  if (!(error instanceof SkeinError)) {
    return error instanceof Error && error.message.includes(AS_PLANNED) ? 'failed' : 'other'
  }
  if (error.executed === 'no') return 'refused'
  if (error.code === 'ERR_PEER_LOST') return 'lost'
  return error.code === 'ERR_CANCELLED' ? 'cancelled' : 'other'
}

/** Reads a stream to its end, or leaves it after so many items. Resolves with what it returned. */
export async function readItems(
  stream: AsyncGenerator<StreamItem, unknown>,
  most = Number.POSITIVE_INFINITY,
): Promise<{ readonly sum: number; readonly returned: unknown }> {
  let sum = 0
  for (let taken = 0; taken < most; taken++) {
    const result = await stream.next()
    if (result.done === true) return { sum, returned: result.value }
    sum += result.value.n
  }
  await stream.return(undefined)
  return { sum, returned: undefined }
}
