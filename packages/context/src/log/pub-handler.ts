import { hostname } from 'node:os'
import { type Logger, SkeinError } from '@skein/core'
import { checkTimeout, invalidOption, withFacts } from '@skein/core/internal'
import { defaults, type PubHandlerOptions } from '../options.js'
import type { Outlet } from '../publish/outlet.js'
import type { Outlets } from '../publish/outlets.js'
import type { WaitOptions } from '../publish/publisher.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { callSite } from './call-site.js'
import { isLogLevel, type LogLevel } from './levels.js'
import { frameRecord, splitText } from './log-record.js'

/** What is to be logged. */
export interface LogEntry {
  readonly level: LogLevel
  /** May bear its topic in front: `motor->it is hot`. */
  readonly text: string
  /** @default what the text bears in front, if anything */
  readonly topic?: string | undefined
  /** @default now */
  readonly time?: Date | undefined
  readonly file?: string | undefined
  readonly line?: number | undefined
}

/**
 * Publishes log records: to LogBrokers, LogClients and any SUB. It is a Logger itself, and a destination for others: for
 * pino by way of `@skein/context/pino`. Made by `Context.addPubHandler`.
 *
 * Logging never throws: what is logged after it was closed is dropped.
 */
export class PubHandler implements Logger {
  readonly rootTopic: string
  readonly #outlet: Outlet
  readonly #onClose: () => Promise<void>
  #closed = false

  private constructor(outlet: Outlet, rootTopic: string, onClose: () => Promise<void>) {
    this.rootTopic = rootTopic
    this.#outlet = outlet
    this.#onClose = onClose
  }

  /** @internal */
  static async open(
    endpoint: string,
    options: PubHandlerOptions,
    surroundings: Surroundings,
    outlets: Outlets,
  ): Promise<PubHandler> {
    const settings = settleEndpoint(endpoint, options, surroundings, true, ['rootTopic'])
    const { rootTopic = `${hostname()}::${process.pid}` } = options
    if (typeof rootTopic !== 'string' || rootTopic.includes('->'))
      throw invalidOption('rootTopic', rootTopic, "a string without '->'")
    return outlets.share(endpoint, settings, (outlet, onClose) => new PubHandler(outlet, rootTopic, onClose))
  }

  /** Where it is bound, or what it dials. */
  get endpoint(): string {
    return this.#outlet.endpoint
  }

  /** Whether somebody would get a record of this level. */
  hasSubscribers(level: LogLevel): boolean {
    return this.#outlet.subscriptions.has(this.#topicOf(level))
  }

  /**
   * Resolves when somebody would: what is logged before goes to nobody.
   *
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED
   */
  async waitForSubscriber(level: LogLevel, { timeout, signal }: WaitOptions = {}): Promise<void> {
    if (this.#closed) throw new SkeinError('ERR_CLOSED', `the log handler of ${this.rootTopic} is closed`)
    const limit = checkTimeout('timeout', timeout, defaults.timeout)
    await this.#outlet.subscriptions.wait(this.#topicOf(level), limit, signal, this)
  }

  /** Publishes a record. */
  handle(entry: LogEntry): void {
    if (!this.#closed && isLogLevel(entry.level)) this.#outlet.send(frameRecord(this.#recordOf(entry)))
  }

  debug(facts: object, message: string): void {
    this.handle({ level: 'debug', text: withFacts(message, facts), ...callSite(this.debug) })
  }

  info(facts: object, message: string): void {
    this.handle({ level: 'info', text: withFacts(message, facts) })
  }

  warn(facts: object, message: string): void {
    this.handle({ level: 'warn', text: withFacts(message, facts), ...callSite(this.warn) })
  }

  error(facts: object, message: string): void {
    this.handle({ level: 'error', text: withFacts(message, facts), ...callSite(this.error) })
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#outlet.subscriptions.leave(this)
    await this.#onClose()
  }

  #topicOf(level: LogLevel): string {
    return frameRecord(this.#recordOf({ level, text: '' }))[0].toString()
  }

  #recordOf({ level, text, topic, time = new Date(), file, line }: LogEntry) {
    const split = topic === undefined ? splitText(text) : { topic, message: text }
    return { root: this.rootTopic, level, ...split, time, file, line }
  }
}
