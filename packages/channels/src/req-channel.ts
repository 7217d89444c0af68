import { type ErrorCode, SkeinError } from '@skein/core'
import { abortSignal, checkNames, checkTimeout, invalidOption } from '@skein/core/internal'
import { ASK, type Asking } from './asking.js'
import { awaited } from './awaited.js'
import { Channel } from './channel.js'
import { encodeValue, formatOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import { partsOf } from './parts-of.js'
import { isText } from './read.js'

export interface AskOptions {
  /** Milliseconds; Infinity for no deadline. @default 30 000 */
  readonly timeout?: number | undefined
  /** Aborting it gives the request up. */
  readonly signal?: AbortSignal | undefined
}

/** The context that a request goes to, and how many of ours it has. */
interface Chosen {
  readonly replier: string
  readonly load: { running: number }
}

const NAMES = ['timeout', 'signal']
const DEFAULT_TIMEOUT = 30_000
const CARRIED: readonly ErrorCode[] = ['ERR_TIMEOUT', 'ERR_CANCELLED', 'ERR_PEER_LOST']
const NOT_RUN = { executed: 'no' } as const

/** Asks every `RepChannel` of its name in other contexts: each request goes to the one that has least to do for us. */
export class ReqChannel extends Channel {
  readonly #asking: Asking
  /** Of each context that was asked: how many requests it has not answered, and when it was last asked. */
  readonly #load = new Map<string, { running: number; asked: number }>()
  #asked = 0

  /** @throws ERR_INVALID_OPTION, if the context has a ReqChannel of this name, too */
  constructor(context: ChannelNode, name: string) {
    super(context, name, 'object', 'reqrep')
    this.#asking = partsOf(context).asking
    this.router.addSender(this)
  }

  /** How many other contexts answer, as far as is known here. */
  get repliers(): number {
    return this.router.graph.interested(this.key).size
  }

  /**
   * Calls a method of one of the repliers, and resolves with its result. While there is none, one is waited for. The
   * request is made once: whether one that was lost with its replier has run is not known, and it is not given to another.
   *
   * @throws what the method throws, ERR_NO_SUCH_METHOD, ERR_PEER_LOST if the replier or who is on the way to it is lost,
   * ERR_TIMEOUT, ERR_CANCELLED, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, ERR_CLOSED, ERR_INVALID_OPTION
   */
  async ask(method: string, args: readonly unknown[] = [], options: AskOptions = {}): Promise<unknown> {
    checkNames(options, NAMES)
    checkRequest(method, args)
    if (options.signal !== undefined) abortSignal('signal', options.signal)
    if (options.signal?.aborted === true)
      throw new SkeinError(
        'ERR_CANCELLED',
        `${this.name}.${method} was given up before it was asked`,
        NOT_RUN,
      )
    const timeout = checkTimeout('timeout', options.timeout, DEFAULT_TIMEOUT)
    const parts = encodeValue(args)
    const { clock } = this.router.settings
    const until = clock.now() + timeout
    const { replier, load } = await this.#available(timeout, options.signal)
    try {
      const left = { timeout: Math.max(1, until - clock.now()), signal: options.signal }
      const answer = await this.#asking.ask(replier, this.key, method, parts, left)
      return formatOf('object').decode(answer)
    } catch (error) {
      throw isOnTheWay(error) ? this.#unanswered(method, timeout, error) : error
    } finally {
      load.running -= 1
    }
  }

  /** @internal */
  changed(): void {
    const interested = this.router.graph.interested(this.key)
    for (const [id, { running }] of this.#load)
      if (running === 0 && !interested.has(id)) this.#load.delete(id)
  }

  protected override closed(): void {
    this.router.remove(this)
  }

  /** Whom to ask, as soon as there is somebody: counted at once, so that who asks at the same time asks another. */
  #available(timeout: number, signal: AbortSignal | undefined): Promise<Chosen> {
    const look = (): Chosen | undefined => {
      if (this.isClosed) throw new SkeinError('ERR_CLOSED', `${this.name} was closed`, { executed: 'no' })
      const replier = this.#choose()
      return replier === undefined ? undefined : { replier, load: this.#begin(replier) }
    }
    const { clock } = this.router.settings
    const watch = (fn: () => void): (() => void) => this.router.watch(fn)
    return awaited(look, { clock, timeout, signal, watch, missing: () => `nobody answers on ${this.name}` })
  }

  /** In words of channels what the request on the way could only say of links. */
  #unanswered(method: string, timeoutMs: number, cause: SkeinError): SkeinError {
    const { code, executed, uid } = cause
    const place = `${this.name}.${method}`
    const text = {
      ERR_TIMEOUT: `${place} was not answered within ${timeoutMs} ms`,
      ERR_CANCELLED: `${place} was given up`,
    }[String(code)]
    return new SkeinError(code, text ?? `${place} was not answered: ${cause.message}`, {
      service: this.name,
      method,
      timeoutMs,
      cause,
      ...(executed !== undefined && { executed }),
      ...(uid !== undefined && { uid }),
    })
  }

  #choose(): string | undefined {
    const candidates = [...this.router.graph.interested(this.key).keys()]
    const loads = candidates.map((id) => ({ id, ...(this.#load.get(id) ?? { running: 0, asked: 0 }) }))
    const [best] = loads.sort((a, b) => a.running - b.running || a.asked - b.asked)
    return best?.id
  }

  #begin(replier: string): { running: number } {
    const load = this.#load.get(replier) ?? { running: 0, asked: 0 }
    this.#load.set(replier, load)
    load.running += 1
    load.asked = ++this.#asked
    return load
  }
}

function checkRequest(method: unknown, args: unknown): void {
  if (!isText(method)) throw invalidOption('method', method, 'the name of a method: 1 to 256 characters')
  if (!Array.isArray(args)) throw invalidOption('args', args, 'a list of arguments')
}

/** Whether an error tells of what carries requests here, and not of the method that was asked for. */
function isOnTheWay(error: unknown): error is SkeinError {
  return error instanceof SkeinError && error.method === ASK && CARRIED.includes(error.code)
}
