import { checkNames, invalidOption } from '@skein/core/internal'
import type { Broker } from '../broker/broker.js'
import type { Context } from '../context.js'
import type { BrokerOptions } from '../options.js'
import { type LogRecord, readRecord } from './log-record.js'

export interface LogBrokerOptions extends Omit<BrokerOptions, 'onMessage'> {
  /**
   * Called with each record that passes: to print it, or to keep it. Records come here that somebody has subscribed to,
   * which the broker itself does if there is this function.
   * @default none
   */
  readonly onRecord?: ((record: LogRecord) => void) | undefined
}

const NAMES: readonly (keyof LogBrokerOptions)[] = [
  'onRecord',
  'onSubscription',
  'subscribe',
  'bind',
  'logger',
  'socketOptions',
]

/** Collects the records of PubHandlers that connect to it, and passes them on to LogClients. */
export class LogBroker {
  readonly #broker: Broker

  private constructor(broker: Broker) {
    this.#broker = broker
  }

  /** @throws ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS, ERR_INVALID_OPTION, ERR_CLOSED */
  static async open(
    context: Context,
    xpubEndpoint: string,
    xsubEndpoint: string,
    given: LogBrokerOptions = {},
  ): Promise<LogBroker> {
    checkNames(given, NAMES)
    const { onRecord, ...options } = given
    if (onRecord === undefined)
      return new LogBroker(await context.addBroker(xpubEndpoint, xsubEndpoint, options))
    if (typeof onRecord !== 'function') throw invalidOption('onRecord', onRecord, 'a function')
    const onMessage = ([topic, body]: readonly Uint8Array[]): void => {
      const record = topic && body && readRecord(text(topic), text(body))
      if (record) onRecord(record)
    }
    const broker = await context.addBroker(xpubEndpoint, xsubEndpoint, {
      ...options,
      onMessage,
      subscribe: '',
    })
    return new LogBroker(broker)
  }

  /** Where LogClients connect to. */
  get xpubEndpoint(): string {
    return this.#broker.xpubEndpoint
  }

  /** Where PubHandlers connect to. */
  get xsubEndpoint(): string {
    return this.#broker.xsubEndpoint
  }

  /** May be called twice. */
  close(): Promise<void> {
    return this.#broker.close()
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
