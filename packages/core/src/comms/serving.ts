import { SkeinError } from '../errors.js'
import { type Call, type Cmd, Kind, type Message } from '../wire/message.js'

/** A request that runs here for somebody. */
export class Incoming {
  /** The uid of the runtime that asks. */
  readonly from: string
  readonly message: Call | Cmd
  /** Milliseconds that the caller had left when it asked, or null. */
  readonly timeLeft: number | null
  #controller: AbortController | undefined
  #reason: SkeinError | undefined

  constructor(from: string, message: Call | Cmd) {
    this.from = from
    this.message = message
    this.timeLeft = message.timeLeft
  }

  /** Aborted when the caller gives the request up, its deadline passes, or it is lost. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: SkeinError): void {
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** Runs a request: returns its result or a promise of it, or throws. Never called twice for one request. */
export type Dispatch = (request: Incoming) => unknown

/** The requests of one peer that run here. */
export class Serving {
  readonly #from: string
  readonly #dispatch: Dispatch
  readonly #post: (message: Message) => void
  readonly #failed: (error: unknown) => void
  readonly #running = new Map<number, Incoming>()
  /** Those that expect no answer have no id. */
  #silent = 0

  /**
   * @param from the uid of the peer
   * @param post sends it a message
   * @param failed a request that expects no answer has thrown
   */
  constructor(
    from: string,
    dispatch: Dispatch,
    post: (message: Message) => void,
    failed: (error: unknown) => void,
  ) {
    this.#from = from
    this.#dispatch = dispatch
    this.#post = post
    this.#failed = failed
  }

  get size(): number {
    return this.#running.size + this.#silent
  }

  /** Starts a request at once; those of one peer therefore start in the order in which they came. */
  run(message: Call | Cmd): void {
    const request = new Incoming(this.#from, message)
    if (message.id === 0) this.#silent += 1
    else this.#running.set(message.id, request)
    let result: unknown
    try {
      result = this.#dispatch(request)
      // A thenable that is no promise can be broken in any way; this one settles once, and later.
      if (isThenable(result)) result = Promise.resolve(result)
    } catch (error) {
      return this.#raise(message.id, error)
    }
    if (!(result instanceof Promise)) return this.#reply(message.id, result)
    result.then(
      (value) => this.#reply(message.id, value),
      (error) => this.#raise(message.id, error),
    )
  }

  /** The caller has given a request up. Its answer, if one comes yet, is of no interest. */
  cancel(id: number, reason: string): void {
    const request = this.#running.get(id)
    if (request === undefined) return // answered already
    this.#running.delete(id)
    request.abort(new SkeinError('ERR_CANCELLED', `the caller gave the request up: ${reason}`, { reason }))
  }

  /** The caller is gone: nobody waits for any of this. */
  abandon(reason: string): void {
    const uid = this.#from
    const error = new SkeinError('ERR_PEER_LOST', `the caller ${uid} was lost (${reason})`, { uid, reason })
    for (const request of this.#running.values()) request.abort(error)
    this.#running.clear()
  }

  #reply(id: number, value: unknown): void {
    if (!this.#isAwaited(id)) return
    try {
      this.#post({ kind: Kind.reply, id, value })
    } catch (error) {
      this.#send(id, error) // a result that can't be sent is an error of the request
    }
  }

  #raise(id: number, error: unknown): void {
    if (id === 0) this.#failed(error)
    if (this.#isAwaited(id)) this.#send(id, error)
  }

  #send(id: number, error: unknown): void {
    try {
      this.#post({ kind: Kind.raise, id, error })
    } catch (cause) {
      // What was thrown is no error, and can't be sent either.
      this.#post({ kind: Kind.raise, id, error: new SkeinError('ERR_REMOTE', String(cause)) })
    }
  }

  /** The request is over; whether anybody still waits for its outcome. */
  #isAwaited(id: number): boolean {
    if (id !== 0) return this.#running.delete(id)
    this.#silent -= 1
    return false
  }
}

/** `service.method` or `type#object.method`: what a request is about, for people. */
export function nameOf(message: Call | Cmd): string {
  return message.kind === Kind.call
    ? `${message.service}.${message.method}`
    : `${message.type}#${message.object}.${message.method}`
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
