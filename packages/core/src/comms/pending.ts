import { type AbortWatcher, abortReason, unwatchAbort, watchAbort } from '../abort-watch.js'
import { Due } from '../deadlines.js'
import { type Executed, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { Parcel } from '../peer/outgoing.js'
import type { Consumer } from '../stream/consumer.js'
import type { OfferedStream } from '../stream/producer.js'
import type { Incoming, Nested } from './incoming.js'
import type { Replies } from './replies.js'
import { Reply } from './reply.js'

/** What a request was about, for the errors that may end it. */
export interface Asked {
  readonly uid: string
  /** `service`, or `type#uid` of a resident object. */
  readonly place: string
  readonly method: string
}

/** The same, for people. */
export function whatOf({ place, method }: Asked): string {
  return `${place}.${method}`
}

export interface ReplyOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds. @default Infinity */
  readonly itemTimeout?: number | undefined
}

const NONE: readonly OfferedStream[] = []

/** A request whose answer is awaited. */
export class Pending extends Due implements Nested, AbortWatcher {
  readonly reply: Reply = Reply.make(this)
  readonly id: number
  readonly asked: Asked
  readonly timeout: number
  readonly #table: Replies
  readonly #signal: AbortSignal | undefined
  readonly #within: Incoming | undefined
  readonly #itemTimeout: number | undefined
  /** The streams among its arguments. */
  #streams: readonly OfferedStream[] = NONE
  /** The batch that it is in, its place there, and the link that it was posted to; nothing before it is posted. */
  #parcel: Parcel | undefined
  #index = 0
  /** Whether it is being encoded: who gives it up then learns afterwards whether it could be taken back. */
  #isPosting = false
  #givenUpMeanwhile: (() => void) | undefined
  /** Ends its waiting to be posted. */
  #waiting: (() => void) | undefined
  #link: Link | undefined
  /** Decides about another try, if it may have one; true if there will be one. */
  again: ((error: unknown) => boolean) | undefined
  /** Why the last try failed; of those that may have run, the first. */
  #earlier: unknown

  /**
   * @param timeout milliseconds; Infinity for none
   * @param within the request within which it is made
   * @internal
   */
  constructor(
    table: Replies,
    id: number,
    asked: Asked,
    timeout: number,
    options: ReplyOptions,
    within: Incoming | undefined,
  ) {
    super()
    this.#table = table
    this.id = id
    this.asked = asked
    this.timeout = timeout
    this.#signal = options.signal
    this.#within = within
    this.#itemTimeout = options.itemTimeout
    if (this.#signal !== undefined) watchAbort(this.#signal, this)
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

  /** It waits to be posted; `stop` ends that. */
  waits(stop: () => void): void {
    this.#waiting = stop
  }

  /**
   * The same, if the peer has taken the batches up to `taken` and runs nothing that it takes from now on: so it is with
   * one that has said farewell.
   */
  executedOf(taken: number): Executed {
    const isLater = this.#parcel !== undefined && this.#parcel.seq > taken
    return isLater && !this.#mayHaveRun ? 'no' : this.executed
  }

  /** It is about to be posted: `posted` follows, or a failure. */
  posting(): void {
    this.#isPosting = true
  }

  /** It is the last message of `parcel`, and has handed out streams. */
  posted(parcel: Parcel, link: Link | undefined, streams: readonly OfferedStream[] = NONE): void {
    this.#waiting = undefined
    this.#isPosting = false
    this.#streams = streams
    if (!this.#table.awaits(this)) return this.#recall(parcel, link)
    this.#parcel = parcel
    this.#index = parcel.messages - 1
    this.#link = link
    this.#giveUpMeanwhile()
  }

  /** @param streams those that are in the value */
  resolve(value: unknown, streams: readonly Consumer[] = []): void {
    if (!this.#settle()) return
    if (streams.length > 0) this.#follow(streams)
    else {
      this.#stopStreams()
      Reply.onCancel(this.reply, undefined)
    }
    Reply.settle(this.reply, value)
  }

  reject(error: unknown): void {
    const isDenial = error instanceof SkeinError && error.executed === 'no'
    // That the last try never ran says nothing of those before.
    const told = this.#earlier !== undefined && isDenial ? this.#earlier : error
    if (!this.#settle()) return
    this.#stopStreams()
    Reply.fail(this.reply, told)
  }

  /** This try has failed; if there is another, the request goes on. */
  fail(error: unknown): void {
    if (!this.#table.awaits(this)) return
    this.#isPosting = false
    if (this.#giveUpMeanwhile()) return
    // What was begun to be read can't be read again from its beginning.
    if (this.#streams.length > 0 || this.again?.(error) !== true) return this.reject(error)
    if (!this.#mayHaveRun) this.#earlier = error
    this.#parcel = this.#link = undefined
  }

  override expired(): void {
    const { uid, method } = this.asked
    const what = whatOf(this.asked)
    this.#giveUp('timeout', (executed) => {
      const message = `${what} at ${uid} was not answered within ${Math.round(this.timeout)} ms`
      return new SkeinError('ERR_TIMEOUT', message, { uid, method, timeoutMs: this.timeout, executed })
    })
  }

  cancel(reason = 'cancelled', cause?: unknown): void {
    const { uid, method } = this.asked
    const what = whatOf(this.asked)
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
    if (this.#signal?.aborted) this.aborted()
    else if (this.#within?.reason !== undefined) this.giveUp(this.#within.reason)
    else if (this.timeout <= 0) this.expired()
  }

  /** Its signal was aborted. */
  aborted(): void {
    if (this.#signal === undefined) return
    const { text, cause } = abortReason(this.#signal)
    this.cancel(text, cause)
  }

  #giveUp(reason: string, error: (executed: Executed) => SkeinError): void {
    if (this.#isPosting) {
      this.#givenUpMeanwhile ??= () => this.#giveUp(reason, error)
      return
    }
    if (!this.#settle()) return
    this.#stopStreams()
    // What has not left yet is taken back. What has runs, or will; whoever runs it is told.
    const recalled = this.#parcel === undefined || this.#parcel.withdraw(this.#index)
    Reply.fail(this.reply, error(recalled && !this.#mayHaveRun ? 'no' : 'maybe'))
    if (!recalled) this.#table.givenUp(this, reason)
  }

  /** The streams that answer it are bound as the request was, and what they read lives as long as they do. */
  #follow(answers: readonly Consumer[]): void {
    const bounds = { signal: this.#signal, itemTimeout: this.#itemTimeout }
    const bounded = bounds.signal !== undefined || bounds.itemTimeout !== undefined
    for (const answer of answers) {
      if (bounded) answer.bound(bounds)
      if (this.#within !== undefined) endWith(this.#within, answer)
    }
    Reply.onCancel(this.reply, {
      cancel(reason) {
        for (const answer of answers) answer.cancel(reason)
      },
    })
    const args = this.#streams
    this.#streams = NONE
    if (args.length > 0) whenAllOver(answers, () => stopAll(args))
  }

  /** Whether it was given up while it was being encoded. */
  #giveUpMeanwhile(): boolean {
    const giveUp = this.#givenUpMeanwhile
    this.#givenUpMeanwhile = undefined
    giveUp?.()
    return giveUp !== undefined
  }

  /** It has ended while it was being encoded, with this runtime; if it has left already, whoever runs it is told. */
  #recall(parcel: Parcel, link: Link | undefined): void {
    this.#stopStreams()
    if (parcel.withdraw(parcel.messages - 1)) return
    this.#link = link
    this.#table.givenUp(this, 'given up while it was sent')
  }

  #stopStreams(): void {
    if (this.#streams.length > 0) stopAll(this.#streams)
    this.#streams = NONE
  }

  #settle(): boolean {
    if (!this.#table.close(this)) return false
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this)
    this.#within?.disown(this)
    this.#waiting?.()
    this.#waiting = undefined // it leads to the arguments
    return true
  }
}

// None of these may hold a stream itself, but its consumer: a stream that is let go of is closed.

/** What was asked within a request is given up with it. */
function endWith(within: Incoming, answer: Consumer): void {
  if (within.isOver) return
  const nested = { giveUp: (reason: SkeinError) => answer.cancel(reason.message) }
  within.adopt(nested)
  answer.whenOver(() => within.disown(nested))
}

function whenAllOver(answers: readonly Consumer[], fn: () => void): void {
  let left = answers.length
  for (const answer of answers) {
    answer.whenOver(() => {
      left -= 1
      if (left === 0) fn()
    })
  }
}

function stopAll(streams: readonly OfferedStream[]): void {
  for (const stream of streams) stream.stop('the request is over')
}
