import type { Clock } from '../clock.js'
import type { Deadlines } from '../deadlines.js'
import { invalidOption, messageOf, RuntimeDisconnectedError, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import type { Parcel } from '../peer/outgoing.js'
import { endOf } from '../peer/peer-state.js'
import type { Randomness } from '../random.js'
import { checkTimeout } from '../settings.js'
import type { OfferedStream } from '../stream/producer.js'
import { type Call, type Cmd, type DirectoryEntry, Kind, type Message } from '../wire/message.js'
import type { QueueOptions, RequestOptions } from './calls.js'
import { placeOf } from './calls.js'
import { enclosingRequest } from './current-request.js'
import { LookUps } from './look-ups.js'
import type { Pending } from './pending.js'
import { Replies } from './replies.js'
import { Reply } from './reply.js'
import { Retries, type Trying } from './retries.js'
import type { Standing } from './standings.js'

export interface RequestsParts {
  readonly uid: string
  readonly clock: Clock
  readonly random: Randomness
  readonly deadlines: Deadlines
  /** Milliseconds. */
  readonly timeout: number
  /** The links of a runtime that is running; throws ERR_CLOSED otherwise. */
  readonly links: () => Links
  /** A message to this runtime itself. */
  readonly toSelf: (message: Message) => Parcel
  /** Asks somebody who may know for a uid that the directory doesn't have. */
  readonly resolve: ((uid: string) => Promise<DirectoryEntry | undefined>) | undefined
  /** How a uid that is not there any more has ended. */
  readonly ended: (uid: string) => Standing | undefined
  /** A runtime is known that wasn't. */
  readonly learned: (entry: DirectoryEntry) => void
  /** The streams that were handed out in the message that was posted last. */
  readonly offered: () => readonly OfferedStream[]
  /** Calls back when the present turn of the event loop has done its work. */
  readonly defer: (fn: () => void) => void
}

/** A request that was made for this sending: it gets its id, and how long it may take. */
export type Draft = { -readonly [K in keyof Call]: Call[K] } | { -readonly [K in keyof Cmd]: Cmd[K] }

/** The requests that this runtime makes: each is put into the outbox of its peer, and settles exactly once. */
export class Requests {
  readonly replies: Replies
  readonly lookUps: LookUps
  readonly #parts: RequestsParts
  readonly #retries: Retries

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.replies = new Replies(parts.deadlines, (pending, reason) => this.#givenUp(pending, reason))
    this.lookUps = new LookUps(parts)
    this.#retries = new Retries(parts.deadlines, parts.random)
  }

  /** Sends a message that expects no answer. */
  async post(uid: string, message: Message, options: QueueOptions): Promise<void> {
    await this.#submit(uid, message, options, undefined)
  }

  /** Sends a request, and gives its reply. What goes wrong rejects the reply; nothing is thrown but a wrong option. */
  ask<T>(uid: string, message: Draft, options: RequestOptions): Reply<T> {
    const own = checkTimeout('timeout', options.timeout, this.#parts.timeout)
    const trying = checkTrying(options)
    const { itemTimeout } = options
    if (itemTimeout !== undefined) checkTimeout('itemTimeout', itemTimeout, itemTimeout)
    try {
      this.#parts.links()
    } catch (closed) {
      return Reply.failed(closed)
    }
    const within = enclosingRequest()
    const timeout = within === undefined ? own : Math.min(own, within.timeLeft)
    const asked = { uid, place: placeOf(message), method: message.method }
    const pending = this.replies.open(asked, timeout, options, within)
    if (this.replies.awaits(pending)) {
      // Otherwise it was given up before it began.
      if (trying.tries > 1) this.#mayTryAgain(pending, message, options, trying)
      this.#try(pending, message, options, timeout)
    }
    // The table holds answers of all types; a reply's type is its caller's word, as with any remote call.
    return pending.reply as Reply<T>
  }

  #try(pending: Pending, message: Draft, options: QueueOptions, timeLeft: number): void {
    message.id = pending.id
    message.timeLeft = finite(timeLeft)
    try {
      const waiting = this.#submit(pending.asked.uid, message, options, pending)
      waiting?.catch((error: unknown) => pending.fail(error))
    } catch (error) {
      pending.fail(error)
    }
  }

  #mayTryAgain(pending: Pending, message: Draft, options: QueueOptions, trying: Trying): void {
    const { uid } = pending.asked
    const until = this.#parts.clock.now() + pending.timeout
    let tried = 1
    this.#retries.earn(uid)
    pending.again = (error) =>
      this.#retries.schedule(uid, error, tried, trying, () => {
        if (!this.replies.awaits(pending)) return
        tried += 1
        const timeLeft = until - this.#parts.clock.now()
        if (timeLeft > 0) this.#try(pending, message, options, timeLeft) // otherwise its deadline is about to end it
      })
  }

  /** Returns nothing if the outbox has taken the message, or a promise for that. Throws if it can't be sent. */
  #submit(
    uid: string,
    message: Message,
    options: QueueOptions,
    pending: Pending | undefined,
  ): Promise<void> | undefined {
    const links = this.#parts.links()
    if (uid === this.#parts.uid) {
      this.#post(undefined, message, pending)
      return undefined
    }
    const link = this.lookUps.isAsking(uid) ? undefined : links.to(uid)
    if (link !== undefined) return this.#put(link, message, options, pending)
    if (this.#parts.resolve === undefined) throw this.#noSuchPeer(uid)
    return this.#putLater(uid, message, options, pending)
  }

  async #putLater(
    uid: string,
    message: Message,
    options: QueueOptions,
    pending: Pending | undefined,
  ): Promise<void> {
    const asked = this.#parts.clock.now()
    const failure = await this.lookUps.ask(uid)
    const found = this.#parts.links().to(uid)
    if (found === undefined) throw this.#noSuchPeer(uid, failure)
    await this.#put(found, this.#aged(message, asked), options, pending)
  }

  #put(
    link: Link,
    message: Message,
    options: QueueOptions,
    pending: Pending | undefined,
  ): Promise<void> | undefined {
    if (pending !== undefined && !this.replies.awaits(pending)) return undefined // given up meanwhile
    if (link.outbox.hasRoom) {
      this.#post(link, message, pending)
      return undefined
    }
    const uid = link.uid ?? ''
    if (options.overflow === 'fail') {
      throw full(uid, link)
    }
    const asked = this.#parts.clock.now()
    return new Promise((resolve, reject) => {
      const waiter = {
        post: () => {
          try {
            this.#post(link, this.#aged(message, asked), pending)
            resolve()
          } catch (error) {
            reject(error)
          }
        },
        lost: () => reject(link.isOver ? lost(uid, link) : this.#stoppedBefore(uid)),
      }
      link.outbox.whenRoom(waiter)
      pending?.waits(() => link.outbox.forget(waiter))
    })
  }

  /** @param link none to this runtime itself */
  #post(link: Link | undefined, message: Message, pending: Pending | undefined): void {
    let parcel: Parcel
    pending?.posting()
    try {
      parcel = link === undefined ? this.#parts.toSelf(message) : link.post(message)
    } catch (error) {
      throw neverSent(error)
    }
    pending?.posted(parcel, link, this.#parts.offered())
  }

  /** @param cause why nobody could be asked for it */
  #noSuchPeer(uid: string, cause?: unknown): SkeinError {
    const ended = this.#parts.ended(uid)
    if (ended === undefined) return noSuchPeer(uid, cause)
    return endedPeer(uid, { ...ended, ago: this.#parts.clock.now() - ended.since })
  }

  #stoppedBefore(uid: string): SkeinError {
    const text = `${this.#parts.uid} was stopped before there was room for a message to ${uid}`
    return new SkeinError('ERR_CLOSED', text, { uid, executed: 'no' })
  }

  /** What has waited since `then` has less time left. */
  #aged(message: Message, then: number): Message {
    if (message.kind !== Kind.call && message.kind !== Kind.cmd) return message
    if (message.timeLeft === null) return message
    return { ...message, timeLeft: Math.max(0, message.timeLeft - (this.#parts.clock.now() - then)) }
  }

  /** Tells whoever runs a request that nobody waits for it any more. */
  #givenUp(pending: Pending, reason: string): void {
    const { uid } = pending.asked
    const message = { kind: Kind.cancel, id: pending.id, reason } as const
    if (uid === this.#parts.uid) this.#parts.toSelf(message)
    else if (pending.link?.isOver === false) pending.link.post(message)
  }
}

const MOST_TRIES = 3
const ONCE: Trying = { tries: 1, idempotent: false }

function checkTrying({ idempotent = false, tries }: RequestOptions): Trying {
  if (idempotent === false && tries === undefined) return ONCE
  if (typeof idempotent !== 'boolean') throw invalidOption('idempotent', idempotent, 'true or false')
  if (tries === undefined) return { tries: idempotent ? MOST_TRIES : 1, idempotent }
  if (Number.isInteger(tries) && tries >= 1 && tries <= MOST_TRIES) return { tries, idempotent }
  throw invalidOption('tries', tries, `an integer from 1 to ${MOST_TRIES}`)
}

function finite(timeLeft: number): number | null {
  return timeLeft === Number.POSITIVE_INFINITY ? null : Math.max(0, timeLeft)
}

/** What can't be put into a message has not been sent. */
function neverSent(error: unknown): unknown {
  if (!(error instanceof SkeinError) || error.executed !== undefined) return error
  return Object.assign(error, { executed: 'no' })
}

/**
 * Nobody goes by that name, as far as is known.
 *
 * @param cause why nobody could be asked for it
 */
export function noSuchPeer(uid: string, cause?: unknown): SkeinError {
  const text = `no runtime ${uid} is known; connect to its address, or wait for it to be introduced with waitFor`
  const facts = { uid, executed: 'no' } as const
  if (cause === undefined) return new SkeinError('ERR_NO_SUCH_PEER', text, facts)
  const more = `nobody could be asked for it: ${messageOf(cause)}`
  return new SkeinError('ERR_NO_SUCH_PEER', `${text}; ${more}`, { ...facts, cause })
}

function endedPeer(uid: string, { change, ago }: Standing & { readonly ago: number }): SkeinError {
  const { is, instance, reason, evidence } = change
  const what = `${is === 'left' ? 'has left' : 'is dead'} since ${ago.toFixed(0)} ms (${reason})`
  const text = `${uid} ${what}: ${evidence}; if it is to come back, wait for it with waitFor`
  return new SkeinError('ERR_NO_SUCH_PEER', text, {
    uid,
    instance,
    executed: 'no',
    ...(reason !== undefined && { reason }),
  })
}

function lost(uid: string, link: Link): RuntimeDisconnectedError {
  return new RuntimeDisconnectedError(uid, endOf(link.state), 'no')
}

function full(uid: string, { session }: Link): SkeinError {
  const { bytes: size, messages } = session
  const text = `the outbox for ${uid} is full: ${messages} messages, ${size} bytes, are not acknowledged; wait, or send less`
  return new SkeinError('ERR_OVERLOADED', text, { uid, size, executed: 'no' })
}
