import { SkeinError } from '@skein/core'
import { checkTimeout, type Timer } from '@skein/core/internal'
import type { Asking } from './asking.js'
import { Channel } from './channel.js'
import { encodeValue, formatOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import { partsOf } from './parts-of.js'
import { checkOptions } from './settings.js'

export interface AskOptions {
  /** Milliseconds; Infinity for no deadline. @default 30 000 */
  readonly timeout?: number | undefined
  /** Aborting it gives the request up. */
  readonly signal?: AbortSignal | undefined
}

const NAMES = { timeout: true, signal: true } as const
const DEFAULT_TIMEOUT = 30_000

/** Asks every `RepChannel` of its name in other contexts: each request goes to the one that has least to do for us. */
export class ReqChannel extends Channel {
  readonly #asking: Asking
  /** Of each context that was asked: how many requests it has not answered, and when it was last asked. */
  readonly #load = new Map<string, { running: number; asked: number }>()
  #asked = 0
  #waiting: (() => void)[] = []

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
    checkOptions(options, NAMES)
    const timeout = checkTimeout('timeout', options.timeout, DEFAULT_TIMEOUT)
    const parts = encodeValue(args)
    const { clock } = this.router.settings
    const until = clock.now() + timeout
    while (this.repliers === 0 || this.isClosed) await this.#available(until - clock.now(), timeout, options)
    const replier = this.#choose()
    const load = this.#begin(replier)
    try {
      const left = { timeout: Math.max(1, until - clock.now()), signal: options.signal }
      const answer = await this.#asking.ask(replier, this.key, method, parts, left)
      return formatOf('object').decode(answer)
    } finally {
      load.running -= 1
    }
  }

  /** @internal */
  changed(): void {
    for (const resume of this.#waiting.splice(0)) resume()
    const interested = this.router.graph.interested(this.key)
    for (const [id, { running }] of this.#load)
      if (running === 0 && !interested.has(id)) this.#load.delete(id)
  }

  protected override closed(): void {
    this.router.remove(this)
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #choose(): string {
    const candidates = [...this.router.graph.interested(this.key).keys()]
    const loads = candidates.map((id) => ({ id, ...(this.#load.get(id) ?? { running: 0, asked: 0 }) }))
    const [best] = loads.sort((a, b) => a.running - b.running || a.asked - b.asked)
    return best?.id ?? ''
  }

  #begin(replier: string): { running: number } {
    const load = this.#load.get(replier) ?? { running: 0, asked: 0 }
    this.#load.set(replier, load)
    load.running += 1
    load.asked = ++this.#asked
    return load
  }

  /** Resolves when something has changed. */
  #available(left: number, timeoutMs: number, { signal }: AskOptions): Promise<void> {
    if (this.isClosed) throw new SkeinError('ERR_CLOSED', `${this.key} was closed`, { executed: 'no' })
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      const settle = (done: () => void): void => {
        timer?.cancel()
        signal?.removeEventListener('abort', aborted)
        this.#waiting = this.#waiting.filter((each) => each !== resume)
        done()
      }
      const resume = (): void => settle(resolve)
      const fail = (code: 'ERR_CANCELLED' | 'ERR_TIMEOUT', text: string): void =>
        settle(() =>
          reject(
            new SkeinError(code, `${text}: nobody answers on ${this.key}`, { timeoutMs, executed: 'no' }),
          ),
        )
      const aborted = (): void => fail('ERR_CANCELLED', 'the request was given up')
      this.#waiting.push(resume)
      signal?.addEventListener('abort', aborted)
      if (left !== Number.POSITIVE_INFINITY)
        timer = this.router.settings.clock.after(left, () =>
          fail('ERR_TIMEOUT', `${timeoutMs} ms have passed`),
        )
      if (signal?.aborted === true) aborted()
    })
  }
}
