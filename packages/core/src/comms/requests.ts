import type { Deadlines } from '../deadlines.js'
import { RuntimeDisconnectedError, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import type { Parcel } from '../peer/session.js'
import { checkTimeout } from '../settings.js'
import { type Call, type Cmd, type DirectoryEntry, Kind, type Message } from '../wire/message.js'
import { type Pending, Replies, type Reply } from './replies.js'
import { nameOf } from './serving.js'

/** A method of a service. */
export interface ServiceCall {
  readonly service: string
  readonly method: string
  readonly args?: readonly unknown[]
}

/** A method of a resident object. */
export interface ObjectCall {
  readonly type: string
  readonly object: string
  readonly method: string
  readonly args?: readonly unknown[]
}

export interface SendOptions {
  /**
   * What to do while the peer's outbox is full: wait for room, or fail with ERR_OVERLOADED.
   * @default 'wait'
   */
  readonly overflow?: 'wait' | 'fail' | undefined
}

export interface RequestOptions extends SendOptions {
  /** Milliseconds until the request fails with ERR_TIMEOUT; Infinity for none. @default the runtime's `timeout` */
  readonly timeout?: number | undefined
  /** Aborting it gives the request up. */
  readonly signal?: AbortSignal | undefined
}

export interface RequestsParts {
  readonly uid: string
  readonly deadlines: Deadlines
  /** Milliseconds. */
  readonly timeout: number
  /** The links of a runtime that is running; throws ERR_CLOSED otherwise. */
  readonly links: () => Links
  /** The link to a peer, if there is one; while the runtime stops, too. */
  readonly linkTo: (uid: string) => Link | undefined
  /** A message to this runtime itself. */
  readonly toSelf: (message: Message) => void
  /** Asks somebody who may know for a uid that the directory doesn't have. */
  readonly resolve: ((uid: string) => Promise<DirectoryEntry | undefined>) | undefined
  /** Calls back when the present turn of the event loop has done its work. */
  readonly defer: (fn: () => void) => void
}

/** The requests that this runtime makes: each is put into the outbox of its peer, and settles exactly once. */
export class Requests {
  readonly replies: Replies
  readonly #parts: RequestsParts
  readonly #lookUps = new Map<string, Promise<void>>()

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.replies = new Replies(parts.deadlines, (pending, reason) => this.#givenUp(pending, reason))
  }

  /** Sends a message that expects no answer. */
  async post(uid: string, message: Message, options: SendOptions): Promise<void> {
    await this.#submit(uid, message, options, undefined)
  }

  /** Sends a request, and gives its reply. What goes wrong rejects the reply; nothing is thrown but a wrong option. */
  ask<T>(uid: string, message: Call | Cmd, options: RequestOptions): Reply<T> {
    const timeout = checkTimeout('timeout', options.timeout, this.#parts.timeout)
    const asked = { uid, what: nameOf(message), method: message.method }
    const { reply, pending } = this.replies.open<T>(asked, { timeout, signal: options.signal })
    if (!this.replies.awaits(pending)) return reply // aborted before it began
    const timeLeft = timeout === Number.POSITIVE_INFINITY ? null : timeout
    try {
      const waiting = this.#submit(uid, { ...message, id: pending.id, timeLeft }, options, pending)
      waiting?.catch((error: unknown) => pending.reject(error))
    } catch (error) {
      pending.reject(error)
    }
    return reply
  }

  /** Makes sure that the directory knows a uid, if anybody does. Asks once for all who want to know at the time. */
  lookUp(uid: string): Promise<void> {
    const { resolve, links, defer } = this.#parts
    const known = this.#lookUps.get(uid)
    if (known !== undefined) return known
    if (resolve === undefined) return Promise.resolve()
    const looking = resolve(uid).then(
      (entry) => {
        if (entry !== undefined) links().directory.learn(entry)
        // Whoever asked before the answer goes first, so that the order of requests holds.
        defer(() => this.#lookUps.delete(uid))
      },
      () => defer(() => this.#lookUps.delete(uid)), // nobody to ask: the uid stays unknown
    )
    this.#lookUps.set(uid, looking)
    return looking
  }

  /** Returns nothing if the outbox has taken the message, or a promise for that. Throws if it can't be sent. */
  #submit(
    uid: string,
    message: Message,
    options: SendOptions,
    pending: Pending | undefined,
  ): Promise<void> | undefined {
    const links = this.#parts.links()
    if (uid === this.#parts.uid) {
      this.#parts.toSelf(message)
      if (pending !== undefined) pending.parcel = OWN
      return undefined
    }
    const link = this.#lookUps.has(uid) ? undefined : links.to(uid)
    if (link !== undefined) return this.#put(link, message, options, pending)
    if (this.#parts.resolve === undefined) throw noSuchPeer(uid)
    return this.lookUp(uid).then(() => {
      if (pending !== undefined && !this.replies.awaits(pending)) return // given up while it waited
      const found = this.#parts.links().to(uid)
      if (found === undefined) throw noSuchPeer(uid)
      return this.#put(found, message, options, pending)
    })
  }

  #put(
    link: Link,
    message: Message,
    options: SendOptions,
    pending: Pending | undefined,
  ): Promise<void> | undefined {
    if (link.outbox.hasRoom) {
      const parcel = link.post(message)
      if (pending !== undefined) pending.parcel = parcel
      return undefined
    }
    const uid = link.uid ?? ''
    if (options.overflow === 'fail') {
      const queued = link.session.bytes
      const text = `the outbox for ${uid} is full: ${queued} bytes are not acknowledged; wait, or send less`
      throw new SkeinError('ERR_OVERLOADED', text, { uid, size: queued, executed: 'no' })
    }
    return new Promise((resolve, reject) => {
      link.outbox.whenRoom({
        post: () => {
          if (pending !== undefined && !this.replies.awaits(pending)) return resolve() // given up while it waited
          try {
            const parcel = link.post(message)
            if (pending !== undefined) pending.parcel = parcel
            resolve()
          } catch (error) {
            reject(error)
          }
        },
        lost: () => reject(new RuntimeDisconnectedError(uid, reasonOf(link), 'no')),
      })
    })
  }

  /** Tells whoever runs a request that nobody waits for it any more. */
  #givenUp(pending: Pending, reason: string): void {
    const { uid } = pending.asked
    const message = { kind: Kind.cancel, id: pending.id, reason } as const
    if (uid === this.#parts.uid) this.#parts.toSelf(message)
    else if (pending.parcel !== undefined) this.#parts.linkTo(uid)?.post(message)
  }
}

/** What is sent to this runtime itself is in no batch, and runs. */
const OWN: Parcel = { seq: 0, sent: true }

export function callMessage({ service, method, args }: ServiceCall): Call {
  return { kind: Kind.call, id: 0, service, method, args: args ?? [], timeLeft: null }
}

export function cmdMessage({ type, object, method, args }: ObjectCall): Cmd {
  return { kind: Kind.cmd, id: 0, type, object, method, args: args ?? [], timeLeft: null }
}

export function reasonOf(link: Link): string {
  return link.state.kind === 'dead' || link.state.kind === 'left' ? link.state.reason : link.state.kind
}

function noSuchPeer(uid: string): SkeinError {
  return new SkeinError(
    'ERR_NO_SUCH_PEER',
    `no runtime ${uid} is known; connect to its address, or wait for it to be introduced with waitFor`,
    { uid, executed: 'no' },
  )
}
