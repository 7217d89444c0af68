import { describe, SkeinError } from '../errors.js'
import { isThenable } from '../thenable.js'
import type { StreamSource } from '../wire/codec.js'
import { malformed } from '../wire/malformed.js'
import { Kind } from '../wire/message.js'
import { ItemCopier, NOT_COPIED } from './item-copier.js'
import type { Run, StreamPorts } from './ports.js'
import type { Source } from './source.js'
import { MESSAGE_BYTES, Window, weigh } from './window.js'

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
  readonly #copier = new ItemCopier()
  #flowing = false
  #outcome: StreamOutcome | undefined
  #onEnd: ((outcome: StreamOutcome) => void)[] = []
  /** Gathered for the next message, and what is known of their bytes. */
  #items: unknown[] = []
  #weight = 0
  /** Items that have left. */
  #sent = 0
  /** Items that were taken since others have had their turn. */
  #taken = 0
  #pulling = false
  /**
   * A full message has left in this turn: whatever else waits has its turn first. A generator that never waits would
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
    this.#items = []
    this.#over(outcome, () => this.#source.stop())
  }

  #pump(): void {
    if (this.#mayPull()) this.#source.within(this.#pull)
  }

  /**
   * What comes of a promise that is made here runs within as well. Whatever does not pull is done outside: it may begin
   * what belongs to others.
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
    if (!this.#window.allows(this.#items.length, this.#weight)) return false
    return this.#items.length > 0 || this.#hasRoom()
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
    this.#outside(() => {
      if (this.isOver) return
      this.#flush()
      this.#fail(error)
    })
  }

  #take(result: unknown): void {
    if (this.isOver) return
    if (typeof result !== 'object' || result === null) {
      return this.#onThrown(new TypeError(`the iterator gave ${describe(result)}, which is no object`))
    }
    const value = 'value' in result ? result.value : undefined
    if ('done' in result && result.done) return this.#outside(() => this.#end(value))
    const copy = this.#copier.copy(value)
    this.#items.push(copy === NOT_COPIED ? value : copy)
    this.#weight += weigh(value)
    this.#taken += 1
    if (this.#taken >= this.#window.limit || this.#weight >= MESSAGE_BYTES) this.#outside(this.#rest)
    else if (copy === NOT_COPIED) this.#outside(this.#flush)
    else if (!this.#deferred) this.#outside(this.#defer)
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
    this.#taken = 0
    this.#flush()
    this.#pump()
  }

  readonly #onRested = (): void => {
    this.#resting = false
    this.#taken = 0
    this.#pump()
  }

  /** Sends what is gathered. */
  readonly #flush = (): void => {
    const items = this.#items
    if (items.length === 0 || this.isOver) return
    this.#items = []
    this.#weight = 0
    if (this.#room === 'granted') this.#room = 'unknown'
    try {
      this.#send(items)
    } catch (error) {
      if (items.length === 1) this.#refuse(error)
      else this.#sendSingly(items)
    }
  }

  /** Those before the one that can't be sent arrive. */
  #sendSingly(items: readonly unknown[]): void {
    for (const item of items) {
      try {
        this.#send([item])
      } catch (error) {
        return this.#refuse(error)
      }
    }
  }

  #send(items: readonly unknown[]): void {
    const bytes = this.#ports.post(this.peer, { kind: Kind.next, stream: this.number, items })
    this.#window.sent(items.length, bytes)
    this.#sent += items.length
  }

  #end(value: unknown): void {
    this.#source.ended()
    this.#flush()
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
    this.#fail(counted(error, this.#sent))
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
    for (const fn of this.#onEnd.splice(0)) fn(outcome)
  }
}

/** Where no context is remembered there is none to leave. */
const atOnce: Run = (fn) => fn()

/** What the codec says of the only item of a message, with the place that the item has in its stream. */
function counted(error: unknown, index: number): unknown {
  if (!(error instanceof SkeinError) || error.path?.startsWith('items[0]') !== true) return error
  const { code, message, path, limit, size, cause } = error
  const place = (text: string): string => text.replace('items[0]', `items[${index}]`)
  return new SkeinError(code, place(message), {
    path: place(path),
    ...(limit !== undefined && { limit }),
    ...(size !== undefined && { size }),
    cause,
  })
}
