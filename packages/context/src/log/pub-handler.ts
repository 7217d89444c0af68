import { hostname } from 'node:os'
import { types } from 'node:util'
import { type Logger, SkeinError } from '@skein/core'
import { checkOptions, checkTimeout, invalidOption, messageOf, withFacts } from '@skein/core/internal'
import { defaults, type PubHandlerOptions, WAIT_CHECKS } from '../options.js'
import type { Outlet } from '../publish/outlet.js'
import type { Outlets } from '../publish/outlets.js'
import type { WaitOptions } from '../publish/publisher.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { callSite } from './call-site.js'
import { checkLevel, type LogLevel } from './levels.js'
import { frameRecord, splitText } from './log-record.js'

/** What is to be logged. */
export interface LogEntry {
  /** One of `trace`, `debug`, `info`, `warn`, `error`, `fatal`. */
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
 * Its four methods take facts and a text, or a text alone, or an error, as pino's do, and never throw. What is logged after
 * it was closed is dropped.
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

  /** Whether somebody would get a record of this level. @throws ERR_INVALID_OPTION if it is none */
  hasSubscribers(level: LogLevel): boolean {
    return this.#outlet.subscriptions.has(this.#topicOf(checkLevel('level', level)))
  }

  /**
   * Resolves when somebody would: what is logged before goes to nobody.
   *
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, ERR_INVALID_OPTION
   */
  async waitForSubscriber(level: LogLevel, options: WaitOptions = {}): Promise<void> {
    checkLevel('level', level)
    const { timeout, signal } = checkOptions(options, WAIT_CHECKS)
    if (this.#closed) throw new SkeinError('ERR_CLOSED', `the log handler of ${this.rootTopic} is closed`)
    const limit = checkTimeout('timeout', timeout, defaults.timeout)
    await this.#outlet.subscriptions.wait(this.#topicOf(level), limit, signal, this)
  }

  /** Publishes a record. @throws ERR_INVALID_OPTION if it has no level, no text, or what is no time */
  handle(entry: LogEntry): void {
    checkEntry(entry)
    if (!this.#closed) this.#outlet.send(frameRecord(this.#recordOf(entry)))
  }

  debug(facts: object | string, message?: string): void {
    this.handle({ level: 'debug', text: textOf(facts, message), ...callSite(this.debug) })
  }

  info(facts: object | string, message?: string): void {
    this.handle({ level: 'info', text: textOf(facts, message) })
  }

  warn(facts: object | string, message?: string): void {
    this.handle({ level: 'warn', text: textOf(facts, message), ...callSite(this.warn) })
  }

  error(facts: object | string, message?: string): void {
    this.handle({ level: 'error', text: textOf(facts, message), ...callSite(this.error) })
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

function checkEntry(entry: LogEntry): void {
  if (typeof entry !== 'object' || entry === null)
    throw invalidOption('entry', entry, 'an object, with level and text')
  checkLevel('level', entry.level)
  const { text, time } = entry
  if (typeof text !== 'string') throw invalidOption('text', text, 'a string')
  if (time !== undefined && !(types.isDate(time) && !Number.isNaN(time.getTime())))
    throw invalidOption('time', time, 'a valid Date')
}

/** What was logged as pino takes it: facts and a text, either of them alone, or an error, which has a text of its own. */
function textOf(facts: unknown, message: unknown): string {
  const hasFacts = typeof facts === 'object' && facts !== null
  const text = message ?? (facts instanceof Error ? facts.message : undefined)
  const words = [...(hasFacts ? [] : [facts]), text].filter((each) => each !== undefined)
  const sentence = words.map(messageOf).join(' ')
  return hasFacts ? withFacts(sentence, facts).trimStart() : sentence
}
