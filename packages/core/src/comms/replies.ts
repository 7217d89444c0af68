import { type Deadlines, Due } from '../deadlines.js'
import { type Executed, RuntimeDisconnectedError, SkeinError } from '../errors.js'
import type { Parcel } from '../peer/session.js'

/** What a request was about, for the errors that may end it. */
export interface Asked {
  readonly uid: string
  /** `service.method`, or `type#uid.method` of a resident object. */
  readonly what: string
  readonly method: string
}

export interface ReplyOptions {
  /** Milliseconds; Infinity for none. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The answer to a request: a promise that settles exactly once, with the method's result or an error that says what is
 * known. It can be given up with `cancel`.
 */
export class Reply<T = unknown> extends Promise<T> {
  // `then` makes plain promises: what is chained to a reply is no request of its own.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  #cancel: ((reason?: string) => void) | undefined

  /** @internal */
  static make<T>(): { reply: Reply<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
    let resolve: (value: T) => void = () => {}
    let reject: (error: unknown) => void = () => {}
    const reply = new Reply<T>((res, rej) => {
      resolve = res
      reject = rej
    })
    return { reply, resolve, reject }
  }

  /** @internal */
  onCancel(cancel: (reason?: string) => void): void {
    this.#cancel = cancel
  }

  /**
   * Gives the request up: the reply rejects with ERR_CANCELLED, and the method's signal is aborted where it runs. Does
   * nothing once the reply has settled.
   */
  cancel(reason?: string): void {
    this.#cancel?.(reason)
  }
}

/** A request whose answer is awaited. */
export class Pending extends Due {
  readonly id: number
  readonly asked: Asked
  readonly timeout: number
  /** The batch that it is in, once it is in one. */
  parcel: Parcel | undefined
  readonly #table: Replies
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #signal: AbortSignal | undefined

  /** @internal */
  constructor(
    table: Replies,
    id: number,
    asked: Asked,
    options: ReplyOptions,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super()
    this.#table = table
    this.id = id
    this.asked = asked
    this.timeout = options.timeout
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = options.signal
    this.#signal?.addEventListener('abort', this.#aborted)
  }

  /**
   * Whether the request can have run, if nothing more is sent from now on: not if its batch was never handed to a
   * connection.
   */
  get executed(): Executed {
    return this.parcel?.sent === true ? 'maybe' : 'no'
  }

  /** The same while the link lives: what is in the outbox leaves yet, and runs until the cancel behind it has come. */
  get executedYet(): Executed {
    return this.parcel === undefined ? 'no' : 'maybe'
  }

  resolve(value: unknown): void {
    if (this.#settle()) this.#resolve(value)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  override expired(): void {
    const { uid, what, method } = this.asked
    const message = `${what} at ${uid} was not answered within ${this.timeout} ms`
    const facts = { uid, method, timeoutMs: this.timeout, executed: this.executedYet }
    this.#giveUp('timeout', new SkeinError('ERR_TIMEOUT', message, facts))
  }

  cancel(reason = 'cancelled', cause?: unknown): void {
    const { uid, what, method } = this.asked
    const facts = { uid, method, reason, executed: this.executedYet, cause }
    this.#giveUp(reason, new SkeinError('ERR_CANCELLED', `${what} at ${uid} was given up: ${reason}`, facts))
  }

  readonly #aborted = (): void => {
    const cause: unknown = this.#signal?.reason
    this.cancel(cause instanceof Error ? cause.message : 'aborted', cause)
  }

  #giveUp(reason: string, error: SkeinError): void {
    if (!this.#settle()) return
    this.#reject(error)
    this.#table.givenUp(this, reason)
  }

  #settle(): boolean {
    this.#signal?.removeEventListener('abort', this.#aborted)
    return this.#table.close(this)
  }
}

/** The requests that await an answer, by the id that the answer will bear. */
export class Replies {
  readonly #pending = new Map<number, Pending>()
  readonly #deadlines: Deadlines
  readonly #onGivenUp: (pending: Pending, reason: string) => void
  #lastId = 0

  /** @param givenUp a request has been cancelled or timed out: whoever runs it should know */
  constructor(deadlines: Deadlines, givenUp: (pending: Pending, reason: string) => void) {
    this.#deadlines = deadlines
    this.#onGivenUp = givenUp
  }

  get size(): number {
    return this.#pending.size
  }

  /** How many of them are addressed to a peer. */
  sizeFor(uid: string): number {
    let size = 0
    for (const pending of this.#pending.values()) if (pending.asked.uid === uid) size += 1
    return size
  }

  open<T>(asked: Asked, options: ReplyOptions): { reply: Reply<T>; pending: Pending } {
    const { reply, resolve, reject } = Reply.make<T>()
    // The table holds answers of all types; a reply's type is its caller's word, as with any remote call.
    const settle = resolve as (value: unknown) => void
    const pending = new Pending(this, ++this.#lastId, asked, options, settle, reject)
    this.#pending.set(pending.id, pending)
    this.#deadlines.add(pending, options.timeout)
    reply.onCancel((reason) => pending.cancel(reason))
    if (options.signal?.aborted) {
      const cause: unknown = options.signal.reason
      pending.cancel(cause instanceof Error ? cause.message : 'aborted', cause)
    }
    return { reply, pending }
  }

  /** Whether a request has not settled. */
  awaits(pending: Pending): boolean {
    return this.#pending.has(pending.id)
  }

  /** The request that an answer from `uid` belongs to, if it is still awaited. */
  find(id: number, uid: string): Pending | undefined {
    const pending = this.#pending.get(id)
    return pending?.asked.uid === uid ? pending : undefined
  }

  /**
   * A peer is gone: nothing that was asked of it will be answered.
   *
   * @param drains whether what is in its outbox leaves yet
   */
  lose(uid: string, reason: string, { drains = false } = {}): void {
    for (const pending of this.#pending.values()) {
      if (pending.asked.uid !== uid) continue
      const executed = drains ? pending.executedYet : pending.executed
      pending.reject(new RuntimeDisconnectedError(uid, reason, executed, { method: pending.asked.method }))
    }
  }

  /** This runtime stops: nothing will be answered at all. */
  closeAll(): void {
    for (const pending of this.#pending.values()) {
      const { uid, what, method } = pending.asked
      const facts = { uid, method, executed: pending.executed }
      pending.reject(
        new SkeinError('ERR_CLOSED', `this runtime stopped before ${what} at ${uid} was answered`, facts),
      )
    }
  }

  /** @internal */
  close(pending: Pending): boolean {
    this.#deadlines.remove(pending)
    return this.#pending.delete(pending.id)
  }

  /** @internal */
  givenUp(pending: Pending, reason: string): void {
    this.#onGivenUp(pending, reason)
  }
}
