import { checkNames, invalidOption } from '@skein/core/internal'
import type { Context } from '../context.js'
import type { EndpointOptions } from '../options.js'
import type { Subscriber } from '../publish/subscriber.js'
import { checkLevel, LOG_LEVELS, type LogLevel, nameOfLevel } from './levels.js'
import { type LogRecord, readRecord } from './log-record.js'

export interface LogClientOptions extends Omit<EndpointOptions, 'codec'> {
  /** Whose records are wanted. @default everybody's */
  readonly root?: string | undefined
  /** Which levels are wanted, of `trace`, `debug`, `info`, `warn`, `error` and `fatal`. @default all of them */
  readonly levels?: LogLevel | readonly LogLevel[] | undefined
  /** What the records' own topics begin with. @default anything, nothing included */
  readonly topic?: string | undefined
  /** Called with each record. @default none: the client is iterated */
  readonly handler?: ((record: LogRecord) => unknown) | undefined
  /** How many messages wait to be iterated. @default 1000 */
  readonly maxQueued?: number | undefined
}

const NAMES: readonly (keyof LogClientOptions)[] = [
  'root',
  'levels',
  'topic',
  'handler',
  'maxQueued',
  'bind',
  'logger',
  'socketOptions',
]

/**
 * Follows the records of a PubHandler, or of all whose records a LogBroker passes on. Where `root` is given, ZeroMQ sends
 * only what is wanted; otherwise all comes here and the rest is dropped.
 */
export class LogClient implements AsyncIterable<LogRecord> {
  readonly #subscriber: Subscriber
  readonly #wants: (record: LogRecord) => boolean

  private constructor(subscriber: Subscriber, wants: (record: LogRecord) => boolean) {
    this.#subscriber = subscriber
    this.#wants = wants
  }

  /** @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED */
  static async open(context: Context, endpoint: string, options: LogClientOptions = {}): Promise<LogClient> {
    checkNames(options, NAMES)
    const { root, levels: given = LOG_LEVELS, topic = '', handler, ...rest } = options
    const levels = [given].flat().map((level) => checkLevel('levels', level))
    checkText('root', root)
    checkText('topic', topic)
    const wants = (record: LogRecord): boolean =>
      (root === undefined || record.root === root) &&
      levels.includes(record.level) &&
      (record.topic ?? '').startsWith(topic)
    const read = (body: unknown, from: string): void => {
      const record = recordOf(body, from)
      if (record !== undefined && wants(record)) return void handler?.(record)
    }
    const subscriber = await context.addSub(endpoint, {
      ...rest,
      codec: 'raw',
      topic: prefixes(root, levels),
      ...(handler !== undefined && { handler: typeof handler === 'function' ? read : handler }),
    })
    return new LogClient(subscriber, wants)
  }

  /** Messages that were dropped since nobody took them in time. */
  get dropped(): number {
    return this.#subscriber.dropped
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord, undefined> {
    for await (const { topic, value } of this.#subscriber) {
      const record = recordOf(value, topic)
      if (record !== undefined && this.#wants(record)) yield record
    }
  }

  /** May be called twice. */
  close(): Promise<void> {
    return this.#subscriber.close()
  }
}

/** What others call WARN and FATAL is asked for too: WARN is the beginning of WARNING. */
function prefixes(root: string | undefined, levels: readonly LogLevel[]): string[] {
  if (root === undefined) return ['']
  const names = levels.flatMap((level) =>
    level === 'warn' ? ['WARN'] : level === 'fatal' ? ['CRITICAL', 'FATAL'] : [nameOfLevel(level)],
  )
  return names.map((name) => `${root}->${name}`)
}

function checkText(option: string, given: unknown): void {
  if (given !== undefined && typeof given !== 'string') throw invalidOption(option, given, 'a string')
}

function recordOf(body: unknown, topic: string): LogRecord | undefined {
  return body instanceof Uint8Array ? readRecord(topic, Buffer.from(body).toString()) : undefined
}
