import { SkeinError } from '@skein/core'
import { checkOptions, checkTimeout } from '@skein/core/internal'
import { checkCount, defaults, type RequesterOptions, WAIT_CHECKS } from '../options.js'
import { Payload, type Purpose } from '../payload/payload.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { Asks } from './asks.js'
import { BoundLine } from './bound-line.js'
import { DialledLine } from './dialled-line.js'
import { readAnswer } from './envelope.js'
import { readError } from './error-answer.js'
import type { Line, LineParts } from './line.js'

export interface RequestOptions {
  /** Milliseconds; Infinity for no deadline. @default the Requester's */
  readonly timeout?: number | undefined
  /** Gives the request up when it is aborted. What has left may run all the same. */
  readonly signal?: AbortSignal | undefined
}

export const REQUESTER_NAMES = ['codec', 'timeout', 'maxPending', 'reqType', 'repType']

/** Asks at one endpoint: any REP, ROUTER or Replier. Made by `Context.addReq`. */
export class Requester<Q = unknown, A = unknown> {
  readonly #request: Payload<Q, unknown>
  readonly #answer: Payload<unknown, A>
  readonly #asks: Asks
  readonly #timeout: number
  readonly #onClose: () => void
  readonly #purposes: Record<'request' | 'answer', Purpose>
  #line: Line | undefined
  #late = 0
  #closed = false

  private constructor(
    endpoint: string,
    options: RequesterOptions<Q, A>,
    surroundings: Surroundings,
    onClose: () => void,
  ) {
    const settings = settleEndpoint(endpoint, options, surroundings, false, REQUESTER_NAMES)
    this.#request = new Payload(settings.codec, options.reqType, 'reqType')
    this.#answer = new Payload(settings.codec, options.repType, 'repType')
    this.#onClose = onClose
    this.#timeout = checkTimeout('timeout', options.timeout, defaults.timeout)
    const most = checkCount('maxPending', options.maxPending, defaults.maxPending)
    this.#asks = new Asks(endpoint, surroundings.deadlines, most)
    this.#purposes = {
      request: { what: 'request', address: endpoint },
      answer: { what: 'answer', address: endpoint },
    }
  }

  /** @internal */
  static async open<Q, A>(
    endpoint: string,
    options: RequesterOptions<Q, A>,
    surroundings: Surroundings,
    onClose: () => void,
  ): Promise<Requester<Q, A>> {
    const requester = new Requester(endpoint, options, surroundings, onClose)
    const settings = settleEndpoint(endpoint, options, surroundings, false, REQUESTER_NAMES)
    const parts: LineParts = {
      space: surroundings.space,
      clock: surroundings.clock,
      logger: settings.logger,
      options: settings.socketOptions,
      on: {
        next: () => requester.#asks.next(),
        received: (frames) => requester.#received(frames),
        lost: (reason) => requester.#asks.lose(reason),
      },
    }
    const opening = settings.bind ? BoundLine.open(endpoint, parts) : DialledLine.open(endpoint, parts)
    requester.#line = await opening
    return requester
  }

  /** Where it is bound, or what it dials. */
  get endpoint(): string {
    return this.#line?.endpoint ?? this.#asks.address
  }

  /** Whether somebody is there. A request waits for that, until its deadline. */
  get connected(): boolean {
    return this.#line?.isUp === true
  }

  /** Requests that are under way. */
  get pending(): number {
    return this.#asks.size
  }

  /** Answers that came when nobody awaited them any more, and what was no answer at all. */
  get lateAnswers(): number {
    return this.#late
  }

  /**
   * Resolves to the answer. Any number may be under way; they leave in the order in which they were asked.
   *
   * @throws whatever the handler threw; ERR_TIMEOUT, ERR_CANCELLED, ERR_PEER_LOST, ERR_OVERLOADED, ERR_CLOSED,
   *   ERR_INVALID_PAYLOAD and ERR_NOT_SERIALISABLE, with `executed`: `'no'` if it certainly never ran
   */
  async request(value: Q, options: RequestOptions = {}): Promise<A> {
    checkOptions(options, WAIT_CHECKS)
    const timeout = checkTimeout('timeout', options.timeout, this.#timeout)
    this.#checkOpen()
    const packing = this.#pack(value)
    const payload = packing instanceof Promise ? await packing : packing
    this.#checkOpen()
    const answering = this.#asks.open(payload, { timeout, signal: options.signal })
    this.#line?.wake()
    return this.#read(await answering)
  }

  /** Rejects what is under way with ERR_CLOSED, and lets go of the endpoint. May be called twice. */
  async close(): Promise<void> {
    if (!this.#closed) this.#onClose()
    this.#closed = true
    this.#asks.end()
    await this.#line?.close()
  }

  #pack(value: Q): Uint8Array[] | Promise<Uint8Array[]> {
    const neverRan = (error: unknown): never => {
      throw withExecuted(error, 'no')
    }
    try {
      const packing = this.#request.pack(value, this.#purposes.request)
      return packing instanceof Promise ? packing.catch(neverRan) : packing
    } catch (error) {
      return neverRan(error)
    }
  }

  async #read(payload: readonly Buffer[]): Promise<A> {
    const error = readError(payload)
    if (error !== undefined) throw error
    try {
      return await this.#answer.unpack(payload, this.#purposes.answer)
    } catch (unreadable) {
      throw withExecuted(unreadable, 'maybe')
    }
  }

  #received(frames: readonly Buffer[]): void {
    const answer = readAnswer(frames)
    const ask = answer && this.#asks.find(answer.id)
    if (answer === undefined || ask === undefined) this.#late += 1
    else ask.resolve(answer.payload)
  }

  #checkOpen(): void {
    if (!this.#closed) return
    const address = this.endpoint
    throw new SkeinError('ERR_CLOSED', `the requester of ${address} is closed`, { address, executed: 'no' })
  }
}

/** What is known of the request joins what is known of the payload. */
function withExecuted(error: unknown, executed: 'no' | 'maybe'): unknown {
  return error instanceof SkeinError ? Object.assign(error, { executed }) : error
}
