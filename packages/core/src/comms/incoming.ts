import type { Clock, Instant } from '../clock.js'
import { type Deadlines, Due } from '../deadlines.js'
import { SkeinError } from '../errors.js'
import type { Call, Cmd } from '../wire/message.js'

/** What was asked within a request, and is given up with it. */
export interface Nested {
  giveUp(reason: SkeinError): void
}

/** The time that requests are measured by, and whose requests they are. */
export interface RequestTime {
  /** The instance of the runtime that runs them. */
  readonly instance: string
  readonly clock: Clock
  readonly deadlines: Deadlines
}

/** A request that runs here for somebody, or waits to. */
export class Incoming extends Due {
  /** The uid of the runtime that asks. */
  readonly from: string
  readonly message: Call | Cmd
  readonly #time: RequestTime
  #until: Instant
  #controller: AbortController | undefined
  #reason: SkeinError | undefined
  #refusal: SkeinError | undefined
  #nested: Set<Nested> | undefined
  #over = false
  #onEnd: (() => void)[] | undefined

  constructor(from: string, message: Call | Cmd, time: RequestTime) {
    super()
    this.from = from
    this.message = message
    this.#time = time
    this.#until = message.timeLeft === null ? Number.POSITIVE_INFINITY : time.clock.now() + message.timeLeft
  }

  /** The instance of the runtime that runs it. */
  get instance(): string {
    return this.#time.instance
  }

  /** Milliseconds that are left until the caller's deadline, not below 0; Infinity if it has none. */
  get timeLeft(): number {
    return Math.max(0, this.#until - this.#time.clock.now())
  }

  /** When the caller's deadline passes, in milliseconds since 1970; Infinity if it has none. */
  get deadline(): number {
    return Date.now() + this.timeLeft
  }

  /** Aborted when the caller gives the request up, its deadline passes, or it is lost. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
      else if (!this.#over) this.#time.deadlines.add(this, this.timeLeft)
    }
    return this.#controller.signal
  }

  /** Why nobody waits for its outcome any more, if it has been given up. */
  get reason(): SkeinError | undefined {
    return this.#reason
  }

  /** Whether the method has ended. What it has left behind is no part of the request any more. */
  get isOver(): boolean {
    return this.#over
  }

  /**
   * Makes an error the one with which the request is refused before anything of it has run: thrown by the dispatcher, it
   * reaches the caller as it is. Of any other error, a caller learns that the method may have run.
   */
  refuse(error: SkeinError): SkeinError {
    this.#refusal = error
    return error
  }

  /** @internal Whether this is the error with which it was refused. */
  isRefusal(error: unknown): boolean {
    return error === this.#refusal && error !== undefined
  }

  /**
   * Calls back once the method has ended: it has returned or thrown, its promise has settled, and the streams that it
   * returned are over.
   */
  whenOver(fn: () => void): void {
    this.#onEnd ??= []
    this.#onEnd.push(fn)
  }

  /** @internal It is answered, and goes on as the streams of its answer, which have no deadline. */
  answered(): void {
    this.#until = Number.POSITIVE_INFINITY
    this.#time.deadlines.remove(this)
  }

  /** @internal What was asked within this request ends with it, if it is given up. */
  adopt(nested: Nested): void {
    this.#nested ??= new Set()
    this.#nested.add(nested)
  }

  /** @internal */
  disown(nested: Nested): void {
    this.#nested?.delete(nested)
  }

  /** @internal */
  abort(reason: SkeinError): void {
    if (this.#over || this.#reason !== undefined) return
    this.#reason = reason
    this.#time.deadlines.remove(this)
    for (const nested of this.#nested ?? []) nested.giveUp(reason)
    this.#controller?.abort(reason)
  }

  /** @internal */
  ended(): void {
    this.#over = true
    this.#nested = undefined
    this.#time.deadlines.remove(this)
    for (const fn of this.#onEnd ?? []) fn()
  }

  /** @internal */
  override expired(): void {
    this.abort(new SkeinError('ERR_TIMEOUT', `the deadline of ${this.from} has passed`, { uid: this.from }))
  }
}
