import { SkeinError } from '@skein/core'
import {
  type AbortWatcher,
  abortReason,
  type Deadlines,
  Due,
  unwatchAbort,
  watchAbort,
} from '@skein/core/internal'

const SUBSCRIBE = 1
const UNSUBSCRIBE = 0

/** What is subscribed to at an XPUB, by the beginnings of topics, and who waits for somebody to do so. */
export class Subscriptions {
  readonly #prefixes = new Set<string>()
  readonly #waiters = new Set<Waiter>()
  readonly #deadlines: Deadlines

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Takes a message that subscribers send: a 1 or a 0, and the prefix. libzmq tells of the first and the last of each. */
  received([frame]: readonly Buffer[]): void {
    const prefix = frame?.toString('latin1', 1) ?? ''
    if (frame?.[0] === UNSUBSCRIBE) this.#prefixes.delete(prefix)
    if (frame?.[0] !== SUBSCRIBE) return
    this.#prefixes.add(prefix)
    for (const waiter of this.#waiters) if (this.has(waiter.topic)) this.#end(waiter)
  }

  /** Whether somebody would get a message of this topic. */
  has(topic: string): boolean {
    const bytes = Buffer.from(topic).toString('latin1')
    for (const prefix of this.#prefixes) if (bytes.startsWith(prefix)) return true
    return false
  }

  /** Resolves when somebody would. @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED when its owner leaves */
  wait(topic: string, timeout: number, signal: AbortSignal | undefined, owner: object): Promise<void> {
    if (this.has(topic)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (error?: SkeinError): void => {
        this.#waiters.delete(waiter)
        if (error === undefined) resolve()
        else reject(error)
      }
      const waiter = new Waiter(owner, topic, timeout, signal, (error) => {
        this.#deadlines.remove(waiter)
        settle(error)
      })
      this.#waiters.add(waiter)
      if (signal?.aborted) waiter.aborted()
      else this.#deadlines.add(waiter, timeout)
    })
  }

  /** One of those that share the XPUB is closed. */
  leave(owner: object): void {
    for (const waiter of this.#waiters)
      if (waiter.owner === owner) this.#end(waiter, new SkeinError('ERR_CLOSED', 'the publisher was closed'))
  }

  #end(waiter: Waiter, error?: SkeinError): void {
    waiter.end(error)
  }
}

class Waiter extends Due implements AbortWatcher {
  constructor(
    readonly owner: object,
    readonly topic: string,
    readonly timeout: number,
    readonly signal: AbortSignal | undefined,
    readonly settle: (error?: SkeinError) => void,
  ) {
    super()
    if (signal !== undefined) watchAbort(signal, this)
  }

  end(error?: SkeinError): void {
    if (this.signal !== undefined) unwatchAbort(this.signal, this)
    this.settle(error)
  }

  override expired(): void {
    const { timeout } = this
    const message = `nobody subscribed to ${this.topic} within ${timeout} ms`
    this.end(new SkeinError('ERR_TIMEOUT', message, { timeoutMs: timeout }))
  }

  aborted(): void {
    if (this.signal === undefined) return
    const { text, cause } = abortReason(this.signal)
    this.end(new SkeinError('ERR_CANCELLED', `waiting was given up: ${text}`, { reason: text, cause }))
  }
}
