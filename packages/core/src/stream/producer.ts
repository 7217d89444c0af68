import type { Instant } from '../clock.js'
import { describe, replacePath, SkeinError } from '../errors.js'
import { isThenable } from '../thenable.js'
import type { StreamSource } from '../wire/codec.js'
import type { EncodedList } from '../wire/encoded-list.js'
import { ListWriter } from '../wire/list-writer.js'
import { malformed } from '../wire/malformed.js'
import { Kind } from '../wire/message.js'
import type { Run, StreamPorts } from './ports.js'
import type { Source } from './source.js'
import { MESSAGE_BYTES, Window } from './window.js'

/** How a stream that was offered came to its end. */
export type StreamOutcome =
  /** It has returned. */
  | { readonly kind: 'ended' }
  /** It has thrown, or gave what can't be sent. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Its consumer wants no more. */
  | { readonly kind: 'closed'; readonly reason: string }
  /** Its consumer is gone, or this runtime ends. */
  | { readonly kind: 'lost' }
  /** It was stopped by whoever offered it. */
  | { readonly kind: 'stopped'; readonly reason: string }

/** A stream that was handed out in a message, for whoever sent the message. */
export interface OfferedStream {
  /** The uid of its consumer. */
  readonly peer: string
  readonly number: number
  readonly isOver: boolean
  /** Calls back once it is over: at once if it is. */
  onEnd(fn: (outcome: StreamOutcome) => void): void
  /** Ends it: its consumer fails with ERR_CANCELLED, the iterator is returned. Does nothing once it is over. */
  stop(reason: string): void
}

/**
 * Milliseconds after which what is gathered leaves, and others have their turn, though more could be had at once: of items
 * that take long to make, the first do not wait for all others of a message. Since the first was taken, and so to within
 * the making of `LOOK` items.
 */
const TURN = 5

/** Items between two looks at the clock, but for the first ones: a look costs as much as a fiftieth of a small item. */
const LOOK = 4

/** One stream towards its consumer: pulls items while the window and the outbox allow it, and sends them. */
export class Producer implements OfferedStream {
  readonly peer: string
  readonly number: number
  readonly #source: Source
  readonly #ports: StreamPorts
  readonly #forget: (producer: Producer) => void
  readonly #later: (fn: () => void) => void
  readonly #outside: Run
  readonly #window = new Window()
  #flowing = false
  #outcome: StreamOutcome | undefined
  #onEnd: ((outcome: StreamOutcome) => void)[] = []
  /** Gathered for the next message. Encoded when they are yielded: a record or a buffer may be used again for the next one. */
  readonly #gathered: ListWriter
  /** Items that have left. */
  #sent = 0
  /** Items that were taken since others have had their turn, and bytes of those that are not among the gathered ones. */
  #taken = 0
  #takenBytes = 0
  /** When the first of those was taken. */
  #begun: Instant = 0
  #pulling = false
  /**
   * This turn has had its share: whatever else waits has its turn first. A generator that never waits would
   * keep the event loop to itself for as long as the window lasts.
   */
  #resting = false
  #deferred = false
  #room: 'unknown' | 'awaited' | 'granted' = 'unknown'

  /** @param forget takes it out of the table */
  constructor(
    peer: string,
    number: number,
    source: Source,
    ports: StreamPorts,
    forget: (producer: Producer) => void,
  ) {
    this.peer = peer
    this.number = number
    this.#source = source
    this.#ports = ports
    this.#later = ports.later ?? setImmediate
    this.#outside = ports.outside ?? atOnce
    this.#gathered = new ListWriter(ports.limits, 2 * MESSAGE_BYTES)
    this.#forget = forget
  }

  /** What it is made of, until it is over. */
  get source(): StreamSource | undefined {
    return this.#source.origin
  }

  get isOver(): boolean {
    return this.#outcome !== undefined
  }

  onEnd(fn: (outcome: StreamOutcome) => void): void {
    if (this.#outcome === undefined) this.#onEnd.push(fn)
    else fn(this.#outcome)
  }

  stop(reason: string): void {
    if (this.isOver) return
    this.#flush()
    if (this.isOver) return
    this.#source.stop()
    const error = new SkeinError('ERR_CANCELLED', `the stream was stopped: ${reason}`, { reason })
    this.#sendFailure(error)
    this.#over({ kind: 'stopped', reason })
  }

  /**
   * The consumer has consumed so many items more. The first credit starts the stream.
   *
   * @throws ERR_PROTOCOL
   */
  credit(items: number): void {
    if (!this.#window.credit(items)) {
      throw malformed(`${items} items of stream ${this.number} were credited that were never sent`)
    }
    this.#flowing = true
    this.#pump()
  }

  /** The consumer wants no more. */
  close(reason: string): void {
    this.#abandon({ kind: 'closed', reason })
  }

  /** There is nobody to send to any more. */
  lose(): void {
    this.#abandon({ kind: 'lost' })
  }

  #abandon(outcome: StreamOutcome): void {
    if (this.isOver) return
    this.#gathered.clear()
    this.#over(outcome, () => this.#source.stop())
  }

  #pump(): void {
    if (this.#mayPull()) this.#source.within(this.#pull)
  }

  /**
   * What comes of a promise that is made here runs within as well, and so do the streams in what it yields. What others
   * have a part in is done outside.
   */
  readonly #pull = (): void => {
    while (this.#mayPull()) {
      this.#pulling = true
      let result: unknown
      try {
        result = this.#source.next()
      } catch (error) {
        return this.#onThrown(error)
      }
      if (isThenable(result)) {
        Promise.resolve(result).then(this.#onResult, this.#onThrown)
        return
      }
      this.#pulling = false
      this.#take(result)
    }
  }

  #mayPull(): boolean {
    if (!this.#flowing || this.#pulling || this.#resting || this.isOver) return false
    const { length, bytes } = this.#gathered
    return this.#window.allows(length, bytes) && (length > 0 || this.#hasRoom())
  }

  #hasRoom(): boolean {
    if (this.#room === 'granted') return true
    if (this.#room === 'awaited') return false
    if (this.#ports.hasRoom(this.peer)) return true
    this.#room = 'awaited'
    this.#ports.whenRoom(this.peer, () => {
      // Others may wait behind us, so that there is no room for just anybody: one message is ours.
      this.#room = 'granted'
      this.#pump()
    })
    return false
  }

  readonly #onResult = (result: unknown): void => {
    this.#pulling = false
    this.#take(result)
    this.#pull()
  }

  readonly #onThrown = (error: unknown): void => {
    this.#pulling = false
    this.#source.ended()
    if (this.isOver) return
    this.#outside(this.#flush)
    this.#fail(error)
  }

  #take(result: unknown): void {
    if (this.isOver) return
    if (typeof result !== 'object' || result === null) {
      return this.#onThrown(new TypeError(`the iterator gave ${describe(result)}, which is no object`))
    }
    const value = 'value' in result ? result.value : undefined
    if ('done' in result && result.done) return this.#end(value)
    if (this.#taken === 0) this.#begun = this.#ports.clock.now()
    this.#taken += 1
    if (!this.#gathered.add(value)) this.#sendAlone(value)
    if (this.isOver) return
    if (this.#isTurnOver) this.#outside(this.#rest)
    else if (!this.#deferred) this.#outside(this.#defer)
  }

  /** Whether others are to have their turn before more is taken. */
  get #isTurnOver(): boolean {
    const taken = this.#taken
    if (taken >= this.#window.limit || this.#takenBytes + this.#gathered.bytes >= MESSAGE_BYTES) return true
    return (taken < LOOK || taken % LOOK === 0) && this.#ports.clock.now() - this.#begun >= TURN
  }

  readonly #rest = (): void => {
    this.#resting = true
    this.#later(this.#onRested)
    this.#flush()
  }

  readonly #defer = (): void => {
    this.#deferred = true
    this.#ports.defer(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#deferred = false
    this.#othersHadTheirTurn()
    this.#flush()
    this.#pump()
  }

  readonly #onRested = (): void => {
    this.#resting = false
    this.#othersHadTheirTurn()
    this.#pump()
  }

  #othersHadTheirTurn(): void {
    this.#taken = 0
    this.#takenBytes = 0
  }

  /** Sends what is gathered. */
  readonly #flush = (): void => {
    if (this.#gathered.length === 0 || this.isOver) return
    const { list } = this.#gathered
    this.#gathered.clear()
    this.#send([], list)
  }

  /** An item that can't be gathered: it is large, refers to something, or is refused. */
  #sendAlone(item: unknown): void {
    this.#outside(this.#flush)
    try {
      this.#takenBytes += this.#send([item])
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Gives the bytes that the message takes. */
  #send(items: readonly unknown[], encoded?: EncodedList): number {
    if (this.#room === 'granted') this.#room = 'unknown'
    const { peer, number: stream } = this
    const count = encoded?.length ?? items.length
    const message = { kind: Kind.next, stream, items }
    const bytes = this.#ports.post(peer, encoded === undefined ? message : { ...message, encoded })
    this.#window.sent(count, bytes)
    this.#sent += count
    return bytes
  }

  #end(value: unknown): void {
    this.#source.ended()
    this.#outside(this.#flush)
    if (this.isOver) return
    try {
      this.#ports.post(this.peer, { kind: Kind.end, stream: this.number, value })
    } catch (error) {
      return this.#fail(error)
    }
    this.#over({ kind: 'ended' })
  }

  #refuse(error: unknown): void {
    this.#source.stop()
    this.#fail(replacePath(error, 'items[0]', `items[${this.#sent}]`))
  }

  #fail(error: unknown): void {
    if (this.isOver) return
    this.#sendFailure(error)
    this.#over({ kind: 'failed', error })
  }

  #sendFailure(error: unknown): void {
    const failure = { kind: Kind.fail, stream: this.number } as const
    try {
      this.#ports.post(this.peer, { ...failure, error })
    } catch (cause) {
      // What was thrown is no error, and can't be sent either.
      this.#ports.post(this.peer, { ...failure, error: new SkeinError('ERR_REMOTE', String(cause)) })
    }
  }

  #over(outcome: StreamOutcome, last?: () => void): void {
    this.#outcome = outcome
    this.#forget(this)
    last?.()
    this.#outside(() => {
      for (const fn of this.#onEnd.splice(0)) fn(outcome)
    })
  }
}

/** Where no context is remembered there is none to leave. */
const atOnce: Run = (fn) => fn()
