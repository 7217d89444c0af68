import { SkeinError } from '../errors.js'
import { Fifo } from '../fifo.js'
import { IdTable } from '../id-table.js'
import type { OfferedStream } from '../stream/producer.js'
import { discard } from '../stream/source.js'
import { isThenable } from '../thenable.js'
import { type Call, type Cmd, Kind, type Message } from '../wire/message.js'
import { Incoming, type RequestTime } from './incoming.js'
import { ran, unread, unsendable } from './told.js'

/** Runs a request: returns its result or a promise of it, or throws. Never called twice for one request. */
export type Dispatch = (request: Incoming) => unknown

export interface ServingOptions {
  /** The uid of the peer. */
  readonly from: string
  readonly time: RequestTime
  readonly dispatch: Dispatch
  /** How many requests run at once; the others wait. */
  readonly maxRunning: number
  /** How many wait at most; what comes beyond them is refused. A peer that keeps the window stays far below. */
  readonly maxWaiting: number
}

/** What the requests of a peer need of the way to it. */
export interface ServingPort {
  /** Sends it an answer to a request, and gives the streams that were handed out in it. */
  post(message: Message, request: Incoming): readonly OfferedStream[]
  /** Whether answers leave faster than they come. */
  hasRoom(): boolean
  /** Calls back once they do. */
  whenRoom(fn: () => void): void
  /** Requests from the batch of this number on wait to be started; none do, if it is undefined. */
  hold(seq: number | undefined): void
  /** A request that expects no answer has thrown. */
  failed(error: unknown): void
}

interface Waiting {
  readonly request: Incoming
  /** The number of the batch in which it came. */
  readonly seq: number
}

/** The requests of one peer: they start in the order in which they came, so many at once, and the others wait. */
export class Serving {
  readonly #options: ServingOptions
  readonly #port: ServingPort
  /** Those that expect an answer, running or waiting, by their ids. */
  readonly #requests = new IdTable<Incoming>()
  readonly #waiting = new Fifo<Waiting>()
  #running = 0
  #starting = false
  #awaitsRoom = false
  #refusal: { readonly reason: SkeinError; readonly isVital: (request: Incoming) => boolean } | undefined
  #idle: (() => void)[] = []

  constructor(options: ServingOptions, port: ServingPort) {
    this.#options = options
    this.#port = port
  }

  /** Requests that run or wait. */
  get size(): number {
    return this.#running + this.#waiting.length
  }

  /** Starts a request, at once if nothing stands in the way. */
  run(message: Call | Cmd, seq: number): void {
    const { from, time, maxWaiting } = this.#options
    const request = new Incoming(from, message, time)
    if (this.#refuses(request)) return
    if (message.unreadable !== undefined) return this.#refuse(request, unread(message.unreadable))
    if (this.#waiting.length >= maxWaiting) {
      const text = `${maxWaiting} requests of ${from} wait to be run; send less at once`
      return this.#refuse(request, new SkeinError('ERR_OVERLOADED', text, { executed: 'no' }))
    }
    if (message.id !== 0) this.#requests.set(message.id, request)
    if (this.#waiting.length === 0 && this.#mayStart()) return this.#start(request)
    if (this.#waiting.length === 0) this.#port.hold(seq)
    this.#waiting.push({ request, seq })
    this.#awaitRoom()
  }

  /** The caller has given a request up. Its answer, if one comes yet, is of no interest; if it waits, it never runs. */
  cancel(id: number, reason: string): void {
    const request = this.#requests.get(id)
    if (request === undefined) return // answered already
    this.#requests.delete(id)
    request.abort(new SkeinError('ERR_CANCELLED', `the caller gave the request up: ${reason}`, { reason }))
  }

  /** The caller is gone: nobody waits for any of this. What it sent without waiting for an answer runs nevertheless. */
  abandon(reason: SkeinError): void {
    for (const request of this.#requests.values()) request.abort(reason)
    this.#requests.clear()
    this.#awaitsRoom = false
    this.#startWaiting()
  }

  /** From now on requests are refused, and those that wait as well, but the vital ones. What runs goes on. */
  refuse(reason: SkeinError, isVital: (request: Incoming) => boolean): void {
    this.#refusal = { reason, isVital }
    const vital: Waiting[] = []
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#refuses(next.request)) this.#requests.delete(next.request.message.id)
      else vital.push(next)
    }
    for (const each of vital) this.#waiting.push(each)
    this.#port.hold(vital[0]?.seq)
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #mayStart(): boolean {
    return this.#running < this.#options.maxRunning && this.#port.hasRoom()
  }

  readonly #startWaiting = (): void => {
    if (this.#starting) return // a method that returns at once comes back here
    this.#starting = true
    const held = this.#waiting.at(0)?.seq
    try {
      while (this.#waiting.length > 0 && this.#mayStart()) {
        const next = this.#waiting.shift()
        if (next !== undefined) this.#startInTime(next.request)
      }
    } finally {
      this.#starting = false
    }
    const now = this.#waiting.at(0)?.seq
    if (now !== held) this.#port.hold(now)
    if (now !== undefined) this.#awaitRoom()
  }

  /** Whoever asks stands in a row with the streams, and must not stand there twice. */
  #awaitRoom(): void {
    if (this.#awaitsRoom || this.#port.hasRoom()) return
    this.#awaitsRoom = true
    this.#port.whenRoom(() => {
      this.#awaitsRoom = false
      this.#startWaiting()
    })
  }

  /** Starts what has waited, unless it was given up meanwhile. */
  #startInTime(request: Incoming): void {
    const { id } = request.message
    if (id !== 0 && !this.#requests.has(id)) return
    if (request.timeLeft > 0) return this.#start(request)
    this.#requests.delete(id)
    const text = 'the deadline passed before there was room to run the request'
    this.#refuse(request, new SkeinError('ERR_TIMEOUT', text, { executed: 'no' }))
  }

  #start(request: Incoming): void {
    this.#running += 1
    let result: unknown
    try {
      result = this.#options.dispatch(request)
      // A thenable that is no promise can be broken in any way; this one settles once, and later.
      if (isThenable(result)) result = Promise.resolve(result)
    } catch (error) {
      return this.#raise(request, error)
    }
    if (!(result instanceof Promise)) return this.#reply(request, result)
    result.then(
      (value) => this.#reply(request, value),
      (error) => this.#raise(request, error),
    )
  }

  #reply(request: Incoming, value: unknown): void {
    const { id } = request.message
    if (!this.#requests.delete(id)) {
      if (id !== 0) discard(value) // it was asked for, and is not any more
      return this.#ended(request)
    }
    try {
      const streams = this.#port.post({ kind: Kind.reply, id, value }, request)
      if (streams.length > 0) return this.#flow(request, streams)
    } catch (error) {
      this.#send(request, unsendable(error))
    }
    this.#ended(request)
  }

  /** A request that is answered with streams runs until they are over. */
  #flow(request: Incoming, streams: readonly OfferedStream[]): void {
    let left = streams.length
    request.answered()
    for (const stream of streams) {
      stream.onEnd((outcome) => {
        if (outcome.kind === 'closed' || outcome.kind === 'lost') {
          const reason = outcome.kind === 'closed' ? outcome.reason : 'lost'
          request.abort(new SkeinError('ERR_CANCELLED', `the stream was given up: ${reason}`, { reason }))
        }
        left -= 1
        if (left === 0) this.#ended(request)
      })
    }
  }

  #raise(request: Incoming, error: unknown): void {
    const { id } = request.message
    if (id === 0) this.#port.failed(error)
    else if (this.#requests.delete(id)) this.#send(request, request.isRefusal(error) ? error : ran(error))
    this.#ended(request)
  }

  #refuses(request: Incoming): boolean {
    if (this.#refusal === undefined || this.#refusal.isVital(request)) return false
    this.#refuse(request, this.#refusal.reason)
    return true
  }

  #refuse(request: Incoming, reason: SkeinError): void {
    if (request.message.id === 0) this.#port.failed(reason)
    else this.#send(request, reason)
  }

  #send(request: Incoming, error: unknown): void {
    const { id } = request.message
    try {
      this.#port.post({ kind: Kind.raise, id, error }, request)
    } catch (cause) {
      // What was thrown is no error, and can't be sent either.
      const told = new SkeinError('ERR_REMOTE', String(cause), { executed: 'maybe' })
      this.#port.post({ kind: Kind.raise, id, error: told }, request)
    }
  }

  #ended(request: Incoming): void {
    this.#running -= 1
    try {
      request.ended()
    } catch (error) {
      this.#port.failed(error)
    }
    if (this.#waiting.length > 0) this.#startWaiting()
    if (this.size > 0 || this.#idle.length === 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
