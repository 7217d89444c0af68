import { type Logger, SkeinError } from '@skein/core'
import { Fifo, invalidOption, type PlainSocket, Writer } from '@skein/core/internal'
import { Inlet } from '../dispatch/inlet.js'
import { checkCount, defaults, type ReplierOptions } from '../options.js'
import { Payload, type Purpose } from '../payload/payload.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { openEnvelope } from './envelope.js'
import { errorFrames } from './error-answer.js'

/** What a handler learns beside the request. */
export interface RequestInfo {
  readonly endpoint: string
  /** Aborted when the Replier is closed: nobody will get the answer. */
  readonly signal: AbortSignal
}

/** What it returns, or what its promise resolves to, is the answer; what it throws reaches whoever asked. */
export type RequestHandler<Q = unknown, A = unknown> = (request: Q, info: RequestInfo) => A | Promise<A>

/** Answers that libzmq keeps for one that asks faster than it reads. Its next ones are dropped, as ROUTER does. */
const SEND_HIGH_WATER_MARK = 10_000

/** Answers requests at one endpoint: of any REQ, DEALER or Requester. Made by `Context.addRep`. */
export class Replier<Q = unknown, A = unknown> {
  readonly endpoint: string
  readonly #socket: PlainSocket
  readonly #writer: Writer
  readonly #answers = new Fifo<readonly Uint8Array[]>()
  readonly #request: Payload<unknown, Q>
  readonly #answer: Payload<A, unknown>
  readonly #handler: RequestHandler<Q, A>
  readonly #logger: Logger
  readonly #purposes: Record<'request' | 'answer', Purpose>
  readonly #ending = new AbortController()
  #malformed = 0
  /** Takes it out of the Context's dispatch. */
  #detach: (() => void) | undefined

  private constructor(
    socket: PlainSocket,
    endpoint: string,
    handler: RequestHandler<Q, A>,
    parts: { request: Payload<unknown, Q>; answer: Payload<A, unknown>; logger: Logger },
  ) {
    this.endpoint = endpoint
    this.#socket = socket
    this.#handler = handler
    this.#request = parts.request
    this.#answer = parts.answer
    this.#logger = parts.logger
    this.#purposes = {
      request: { what: 'request', address: endpoint },
      answer: { what: 'answer', address: endpoint },
    }
    this.#writer = new Writer(
      { send: (frames) => socket.send(frames), close: () => void socket.close() },
      () => this.#answers.shift(),
      (error) => {
        this.#logger.error({ endpoint, error }, 'an answer could not be sent')
        this.#writer.wake()
      },
    )
  }

  /** @internal */
  static async open<Q, A>(
    given: string,
    handler: RequestHandler<Q, A>,
    options: ReplierOptions<Q, A>,
    surroundings: Surroundings,
  ): Promise<Replier<Q, A>> {
    const names = ['codec', 'concurrency', 'reqType', 'repType']
    const { bind, codec, logger, socketOptions } = settleEndpoint(given, options, surroundings, true, names)
    if (typeof handler !== 'function') throw invalidOption('handler', handler, 'a function')
    const limit = checkCount('concurrency', options.concurrency, defaults.concurrency)
    const request = new Payload(codec, options.reqType, 'reqType')
    const answer = new Payload(codec, options.repType, 'repType')
    const { space, dispatch } = surroundings
    const socket = space.open('router', { sendHighWaterMark: SEND_HIGH_WATER_MARK, ...socketOptions })
    try {
      const endpoint = bind ? await socket.bind(given) : given
      const replier = new Replier(socket, endpoint, handler, { request, answer, logger })
      if (!bind) await socket.connect(given)
      const inlet = new Inlet(socket, { rank: 'rep', limit }, (frames) => replier.#handle(frames))
      dispatch.add(inlet)
      surroundings.inbound.add(replier)
      replier.#detach = () => {
        dispatch.delete(inlet)
        surroundings.inbound.delete(replier)
      }
      return replier
    } catch (error) {
      await socket.close()
      throw error
    }
  }

  /** Messages that were no requests: without the empty frame that ends an envelope, or without anything behind it. */
  get malformed(): number {
    return this.#malformed
  }

  /** Stops listening. What is being handled is not answered. May be called twice. */
  async close(): Promise<void> {
    if (!this.#ending.signal.aborted)
      this.#ending.abort(new SkeinError('ERR_CLOSED', 'the replier was closed'))
    this.#detach?.()
    this.#writer.close()
    await this.#socket.close()
  }

  async #handle(frames: readonly Buffer[]): Promise<void> {
    const opened = openEnvelope(frames)
    if (opened === undefined) {
      this.#malformed += 1
      return
    }
    this.#answers.push([...opened.envelope, ...(await this.#answerTo(opened.payload))])
    this.#writer.wake()
  }

  async #answerTo(payload: readonly Buffer[]): Promise<Uint8Array[]> {
    let request: Q
    try {
      request = await this.#request.unpack(payload, this.#purposes.request)
    } catch (error) {
      this.#logger.warn({ endpoint: this.endpoint, error }, 'a request was refused')
      return errorFrames(error, 'no')
    }
    try {
      const info = { endpoint: this.endpoint, signal: this.#ending.signal }
      const answer = await this.#handler(request, info)
      return await this.#answer.pack(answer, this.#purposes.answer)
    } catch (error) {
      return errorFrames(error, 'maybe')
    }
  }
}
