import { type AbortWatcher, abortReason, unwatchAbort, watchAbort } from '../abort-watch.js'
import { SkeinError } from '../errors.js'
import { Fifo } from '../fifo.js'
import { malformed } from '../wire/malformed.js'
import { Kind } from '../wire/message.js'
import type { StreamPorts } from './ports.js'
import { Waiting } from './waiting.js'
import { WINDOW_ITEMS } from './window.js'

type Result = IteratorResult<unknown, unknown>

/** What follows the items that have arrived. */
type Ending =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  /** It was told, or nobody wants to know. */
  | { readonly kind: 'told' }

/** What bounds a stream at its consumer. */
export interface StreamBounds {
  /** Aborting it gives the stream up. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that an item may be waited for. @default Infinity */
  readonly itemTimeout?: number | undefined
}

/** A producer may have as many items under way as the window has; one that sends so many times more is no peer. */
const TOLERANCE = 4

const DONE: Result = Object.freeze({ done: true, value: undefined })

/**
 * The consumer's end of one stream. It does not hold the `RemoteStream` that stands for it, unless somebody waits for
 * an item: one that is let go without having been read to its end is closed.
 */
export class Consumer implements AbortWatcher {
  readonly peer: string
  readonly number: number
  readonly #ports: StreamPorts
  readonly #forget: (consumer: Consumer) => void
  readonly #finished: (consumer: Consumer) => void
  #started = false
  /** Nothing more comes from the producer, nor goes to it. */
  #over = false
  #ending: Ending = { kind: 'none' }
  /** The items of each message, and how many of the first are consumed. */
  #arrived = new Fifo<readonly unknown[]>()
  #index = 0
  #uncredited = 0
  /** Consumed, to be credited at the end of the turn. */
  #consumed = 0
  #waiting = new Fifo<Waiting>()
  #itemTimeout = Number.POSITIVE_INFINITY
  #signal: AbortSignal | undefined
  #onOver: (() => void)[] = []

  /**
   * @param forget nothing more comes for it
   * @param finished it was read to its end, or given up
   */
  constructor(
    peer: string,
    number: number,
    ports: StreamPorts,
    forget: (consumer: Consumer) => void,
    finished: (consumer: Consumer) => void,
  ) {
    this.peer = peer
    this.number = number
    this.#ports = ports
    this.#forget = forget
    this.#finished = finished
  }

  // From its reader

  next(stream: object): Promise<Result> {
    if (this.#waiting.length === 0) {
      if (this.#arrived.length > 0) return Promise.resolve(this.#take())
      const { kind } = this.#ending
      if (kind === 'told') return Promise.resolve(DONE)
      if (kind !== 'none') {
        const waiting = new Waiting(stream, nothing)
        this.#tell(waiting)
        return waiting.promise
      }
    }
    const waiting = new Waiting(stream, this.#expired)
    this.#waiting.push(waiting)
    this.#ports.deadlines.add(waiting, this.#itemTimeout)
    if (!this.#started) {
      this.#started = true
      this.#ports.post(this.peer, { kind: Kind.credit, stream: this.number, n: 0 })
    }
    return waiting.promise
  }

  /** No more of it is wanted. */
  return(): void {
    if (this.#ending.kind === 'told') return
    this.#close('returned')
    this.#finish()
  }

  cancel(reason = 'cancelled', cause?: unknown): void {
    const text = `the stream from ${this.peer} was given up: ${reason}`
    const error = new SkeinError('ERR_CANCELLED', text, { uid: this.peer, reason, cause })
    this.#giveUp(reason, error)
  }

  /** Calls back once it was read to its end, or given up: at once if it was. */
  whenOver(fn: () => void): void {
    if (this.#ending.kind === 'told') fn()
    else this.#onOver.push(fn)
  }

  bound({ signal, itemTimeout = Number.POSITIVE_INFINITY }: StreamBounds): void {
    this.#itemTimeout = itemTimeout
    this.#unwatch()
    if (signal === undefined || this.#ending.kind === 'told') return
    this.#signal = signal
    if (signal.aborted) this.aborted()
    else watchAbort(signal, this)
  }

  /** Nobody can read it any more. */
  abandoned(): void {
    this.#close('abandoned')
    this.#finish()
  }

  // From its producer

  /** @throws ERR_PROTOCOL */
  items(items: readonly unknown[]): void {
    if (!this.#started) throw malformed(`items of stream ${this.number} came before they were asked for`)
    this.#uncredited += items.length
    if (this.#uncredited > TOLERANCE * WINDOW_ITEMS) {
      throw malformed(`stream ${this.number} has ${this.#uncredited} items that are not credited`)
    }
    if (items.length === 0) return
    this.#arrived.push(items)
    while (this.#arrived.length > 0) {
      const waiting = this.#nextWaiting()
      if (waiting === undefined) break
      waiting.resolve(this.#take())
    }
  }

  /** Items have come that can't be made here: it fails after those that came before, and the producer is to stop. */
  refuse(error: SkeinError): void {
    this.#ports.post(this.peer, { kind: Kind.close, stream: this.number, reason: error.message })
    this.failed(error)
  }

  ended(value: unknown): void {
    this.#endWith({ kind: 'value', value })
  }

  /** It ends with an error after the items that have arrived. */
  failed(error: unknown): void {
    this.#endWith({ kind: 'error', error })
  }

  #endWith(ending: Ending): void {
    this.#ending = ending
    this.#over = true
    this.#forget(this)
    const waiting = this.#nextWaiting()
    if (waiting !== undefined) this.#tell(waiting)
  }

  /** Tells how it has ended, to one reader; to all others it is just done. */
  #tell(waiting: Waiting): void {
    const ending = this.#ending
    if (ending.kind === 'error') waiting.reject(ending.error)
    else waiting.resolve(ending.kind === 'value' ? { done: true, value: ending.value } : DONE)
    this.#finish()
  }

  #giveUp(reason: string, error: SkeinError): void {
    if (this.#ending.kind === 'told') return
    this.#close(reason)
    this.#endWith({ kind: 'error', error })
  }

  /** What has arrived is let go of, and the producer told. */
  #close(reason: string): void {
    this.#arrived = new Fifo()
    this.#index = 0
    if (this.#over) return
    this.#over = true
    this.#forget(this)
    this.#ports.post(this.peer, { kind: Kind.close, stream: this.number, reason })
  }

  #finish(): void {
    this.#ending = { kind: 'told' }
    for (let waiting = this.#nextWaiting(); waiting !== undefined; waiting = this.#nextWaiting()) {
      waiting.resolve(DONE)
    }
    this.#unwatch()
    this.#finished(this)
    for (const fn of this.#onOver.splice(0)) fn()
  }

  #nextWaiting(): Waiting | undefined {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) this.#ports.deadlines.remove(waiting)
    return waiting
  }

  #take(): Result {
    const items = this.#arrived.at(0) ?? []
    const value = items[this.#index]
    this.#index += 1
    if (this.#index === items.length) {
      this.#arrived.shift()
      this.#index = 0
      this.#credit(items.length)
    }
    return { done: false, value }
  }

  /** All that is consumed in one turn is credited at once. */
  #credit(items: number): void {
    if (this.#over) return
    if (this.#consumed === 0) this.#ports.defer(this.#postCredit)
    this.#consumed += items
  }

  readonly #postCredit = (): void => {
    const n = this.#consumed
    this.#consumed = 0
    this.#uncredited -= n
    if (!this.#over) this.#ports.post(this.peer, { kind: Kind.credit, stream: this.number, n })
  }

  readonly #expired = (): void => {
    const timeoutMs = this.#itemTimeout
    const text = `${this.peer} sent no item of the stream within ${timeoutMs} ms`
    this.#giveUp('timeout', new SkeinError('ERR_TIMEOUT', text, { uid: this.peer, timeoutMs }))
  }

  /** The signal that bounds it was aborted. */
  aborted(): void {
    if (this.#signal === undefined) return
    const { text, cause } = abortReason(this.#signal)
    this.cancel(text, cause)
  }

  #unwatch(): void {
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this)
    this.#signal = undefined
  }
}

function nothing(): void {}
