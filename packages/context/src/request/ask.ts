import { type Executed, SkeinError } from '@skein/core'
import {
  type AbortWatcher,
  abortReason,
  Due,
  unwatchAbort,
  watchAbort,
  withCallers,
} from '@skein/core/internal'
import type { Asks } from './asks.js'

/** Settles the promise of whoever asked. */
export type Settle = (outcome: readonly Buffer[] | Promise<never>) => void

export interface AskOptions {
  /** Milliseconds; Infinity for none. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** A request whose answer is awaited. */
export class Ask extends Due implements AbortWatcher {
  readonly id: number
  readonly options: AskOptions
  readonly #asks: Asks
  readonly #settle: Settle
  /** What is to be sent: nothing once it has been, or is given up. */
  #payload: readonly Uint8Array[] | undefined
  #sent = false

  constructor(asks: Asks, id: number, payload: readonly Uint8Array[], options: AskOptions, settle: Settle) {
    super()
    this.#asks = asks
    this.id = id
    this.#payload = payload
    this.options = options
    this.#settle = settle
    if (options.signal !== undefined) watchAbort(options.signal, this)
  }

  /** Whether it has been handed to a connection. */
  get sent(): boolean {
    return this.#sent
  }

  get executed(): Executed {
    return this.#sent ? 'maybe' : 'no'
  }

  /** What is to be sent, once; undefined if it is not to be sent any more. */
  take(): readonly Uint8Array[] | undefined {
    const payload = this.#payload
    this.#payload = undefined
    this.#sent ||= payload !== undefined
    return payload
  }

  resolve(answer: readonly Buffer[]): void {
    if (this.#end()) this.#settle(answer)
  }

  reject(error: unknown): void {
    if (this.#end()) this.#settle(withCallers(error))
  }

  override expired(): void {
    const { address } = this.#asks
    const { timeout } = this.options
    const message = this.#sent
      ? `${address} has not answered within ${timeout} ms`
      : `${address} could not be reached within ${timeout} ms; the request never left`
    this.reject(
      new SkeinError('ERR_TIMEOUT', message, { address, timeoutMs: timeout, executed: this.executed }),
    )
  }

  aborted(): void {
    const { signal } = this.options
    if (signal === undefined) return
    const { text, cause } = abortReason(signal)
    const { address } = this.#asks
    const message = `the request to ${address} was given up: ${text}`
    const facts = { address, reason: text, executed: this.executed, cause }
    this.reject(new SkeinError('ERR_CANCELLED', message, facts))
  }

  #end(): boolean {
    if (!this.#asks.close(this)) return false
    this.#payload = undefined
    if (this.options.signal !== undefined) unwatchAbort(this.options.signal, this)
    return true
  }
}
