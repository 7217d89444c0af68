import { type Deadlines, Due } from '../deadlines.js'
import { type Executed, RuntimeDisconnectedError, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { Parcel } from '../peer/session.js'
import type { OfferedStream } from '../stream/producer.js'
import { RemoteStream } from '../stream/remote-stream.js'
import type { Incoming, Nested } from './incoming.js'
import { Reply, type Settling } from './reply.js'

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
  /** The request within which it is made. */
  readonly within?: Incoming | undefined
  /** Milliseconds. @default Infinity */
  readonly itemTimeout?: number | undefined
}

const NONE: readonly OfferedStream[] = []

/** A request whose answer is awaited. */
export class Pending extends Due implements Nested {
  readonly id: number
  readonly asked: Asked
  readonly timeout: number
  readonly #table: Replies
  readonly #settling: Settling<unknown>
  readonly #signal: AbortSignal | undefined
  readonly #within: Incoming | undefined
  readonly #itemTimeout: number | undefined
  /** The streams among its arguments. */
  #streams: readonly OfferedStream[] = NONE
  /** The batch that it is in, its place there, and the link that it was posted to; nothing before it is posted. */
  #parcel: Parcel | undefined
  #index = 0
  #link: Link | undefined
  /** Decides about another try, if it may have one; true if there will be one. */
  again: ((error: unknown) => boolean) | undefined
  /** Why the last try failed; of those that may have run, the first. */
  #earlier: unknown

  /** @internal */
  constructor(table: Replies, id: number, asked: Asked, options: ReplyOptions, settling: Settling<unknown>) {
    super()
    this.#table = table
    this.id = id
    this.asked = asked
    this.timeout = options.timeout
    this.#settling = settling
    this.#signal = options.signal
    this.#within = options.within
    this.#itemTimeout = options.itemTimeout
    this.#signal?.addEventListener('abort', this.#aborted)
    this.#within?.adopt(this)
  }

  get link(): Link | undefined {
    return this.#link
  }

  /**
   * Whether the request can have run, if nothing more is sent from now on: not if its batch was never handed to a
   * connection.
   */
  get executed(): Executed {
    return this.#parcel?.sent === true || this.#mayHaveRun ? 'maybe' : 'no'
  }

  get #mayHaveRun(): boolean {
    return this.#earlier instanceof SkeinError && this.#earlier.executed !== 'no'
  }

  /** It is the last message of `parcel`, and has handed out streams. */
  posted(parcel: Parcel, link: Link | undefined, streams: readonly OfferedStream[] = NONE): void {
    this.#streams = streams
    this.#parcel = parcel
    this.#index = parcel.messages - 1
    this.#link = link
  }

  resolve(value: unknown): void {
    if (!this.#settle()) return
    if (value instanceof RemoteStream) this.#follow(value)
    else this.#stopStreams()
    this.#settling.resolve(value)
  }

  reject(error: unknown): void {
    const isDenial = error instanceof SkeinError && error.executed === 'no'
    // That the last try never ran says nothing of those before.
    const told = this.#earlier !== undefined && isDenial ? this.#earlier : error
    if (!this.#settle()) return
    this.#stopStreams()
    this.#settling.reject(told)
  }

  /** This try has failed; if there is another, the request goes on. */
  fail(error: unknown): void {
    if (this.again?.(error) !== true) return this.reject(error)
    if (!this.#mayHaveRun) this.#earlier = error
    this.#stopStreams()
    this.#parcel = this.#link = undefined
  }

  override expired(): void {
    const { uid, what, method } = this.asked
    this.#giveUp('timeout', (executed) => {
      const message = `${what} at ${uid} was not answered within ${this.timeout} ms`
      return new SkeinError('ERR_TIMEOUT', message, { uid, method, timeoutMs: this.timeout, executed })
    })
  }

  cancel(reason = 'cancelled', cause?: unknown): void {
    const { uid, what, method } = this.asked
    this.#giveUp(reason, (executed) => {
      const message = `${what} at ${uid} was given up: ${reason}`
      return new SkeinError('ERR_CANCELLED', message, { uid, method, reason, executed, cause })
    })
  }

  /** The request within which it was made has been given up. */
  giveUp(reason: SkeinError): void {
    this.cancel(reason.message, reason)
  }

  /** Ends it if its signal was aborted, or the request around it given up or out of time, before it began. */
  checkBegin(): void {
    if (this.#signal?.aborted) this.#aborted()
    else if (this.#within?.reason !== undefined) this.giveUp(this.#within.reason)
    else if (this.timeout <= 0) this.expired()
  }

  readonly #aborted = (): void => {
    const cause: unknown = this.#signal?.reason
    this.cancel(cause instanceof Error ? cause.message : 'aborted', cause)
  }

  #giveUp(reason: string, error: (executed: Executed) => SkeinError): void {
    if (!this.#settle()) return
    this.#stopStreams()
    // What has not left yet is taken back. What has runs, or will; whoever runs it is told.
    const recalled = this.#parcel === undefined || this.#parcel.withdraw(this.#index)
    this.#settling.reject(error(recalled && !this.#mayHaveRun ? 'no' : 'maybe'))
    if (!recalled) this.#table.givenUp(this, reason)
  }

  /** The stream that answers it is bound as the request was, and what it reads lives as long as it does. */
  #follow(stream: RemoteStream): void {
    const signal = this.#signal
    const itemTimeout = this.#itemTimeout
    if (signal !== undefined || itemTimeout !== undefined) stream.bound({ signal, itemTimeout })
    if (this.#streams !== NONE) stream.whenOver(() => this.#stopStreams())
    const within = this.#within
    if (within === undefined || within.isOver) return
    const nested = { giveUp: (reason: SkeinError) => stream.cancel(reason.message) }
    within.adopt(nested)
    stream.whenOver(() => within.disown(nested))
  }

  #stopStreams(): void {
    for (const stream of this.#streams) stream.stop('the request is over')
    this.#streams = NONE
  }

  #settle(): boolean {
    if (!this.#table.close(this)) return false
    this.#signal?.removeEventListener('abort', this.#aborted)
    this.#within?.disown(this)
    return true
  }
}

/** The requests that await an answer, by the id that the answer will bear. */
export class Replies {
  readonly #pending = new Map<number, Pending>()
  readonly #deadlines: Deadlines
  readonly #onGivenUp: (pending: Pending, reason: string) => void
  #lastId = 0

  /** @param givenUp a request that was sent has been cancelled or timed out: whoever runs it should know */
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
    const settling = Reply.make<T>()
    const { reply } = settling
    // The table holds answers of all types; a reply's type is its caller's word, as with any remote call.
    const pending = new Pending(this, ++this.#lastId, asked, options, settling as Settling<unknown>)
    this.#pending.set(pending.id, pending)
    this.#deadlines.add(pending, options.timeout)
    reply.onCancel((reason) => pending.cancel(reason))
    pending.checkBegin()
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

  /** A link is over: nothing that was posted to it will be answered. */
  lose(link: Link, reason: string): void {
    for (const pending of this.#pending.values()) {
      if (pending.link !== link) continue
      const { uid, method } = pending.asked
      pending.fail(new RuntimeDisconnectedError(uid, reason, pending.executed, { method }))
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
