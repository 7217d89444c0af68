import type { Logger } from '@skein/core'
import {
  abortSignal,
  type Clock,
  invalidOption,
  type SocketOptions,
  type SocketSpace,
  timeLimit,
} from '@skein/core/internal'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { CodecChoice } from './payload/codec.js'

export interface ContextOptions {
  /**
   * Another Context whose ZeroMQ context this one shares. The sockets of each are its own, and are closed with it.
   * @default none
   */
  readonly context?: { readonly zmqContext: SocketSpace } | undefined
  /**
   * Milliseconds that `poll` waits for a message.
   * @default 100
   */
  readonly pollTimeout?: number | undefined
  /**
   * Milliseconds that what was sent has to leave in when its socket is closed.
   * @default 0: nobody is waited for.
   */
  readonly linger?: number | undefined
  /**
   * `auto`: handlers are called as messages come. `manual`: only within `poll`.
   * @default 'auto'
   */
  readonly dispatch?: 'auto' | 'manual' | undefined
  /**
   * For all that is added, unless it says otherwise.
   * @default stderrLogger, which writes warnings and errors to standard error
   */
  readonly logger?: Logger | undefined
  /**
   * For all that is added, unless it says otherwise.
   * @default 'msgpack'
   */
  readonly codec?: CodecChoice | undefined
  /**
   * Time, for tests.
   * @default the system's
   */
  readonly clock?: Clock | undefined
}

/** What everything that is added takes. */
export interface EndpointOptions {
  /**
   * True binds the endpoint, false connects to it.
   * @default true for repliers, publishers and brokers; false for requesters and subscribers
   */
  readonly bind?: boolean | undefined
  /**
   * How payloads are encoded.
   * @default the Context's
   */
  readonly codec?: CodecChoice | undefined
  /** @default the Context's */
  readonly logger?: Logger | undefined
  /**
   * Options of ZeroMQ, by the names of zeromq.js: `sendHighWaterMark`, `curveServerKey`, `heartbeatInterval`…
   * @default none
   */
  readonly socketOptions?: SocketOptions | undefined
}

export interface RequesterOptions<Q = unknown, A = unknown> extends EndpointOptions {
  /**
   * Milliseconds that a request has from the call to the answer; Infinity for no deadline.
   * @default 30_000
   */
  readonly timeout?: number | undefined
  /**
   * How many requests may be under way, those included that wait for a connection.
   * @default 1000
   */
  readonly maxPending?: number | undefined
  /** What a request is, by any Standard Schema (zod, valibot, arktype…). @default anything */
  readonly reqType?: StandardSchemaV1<Q, unknown> | undefined
  /** What an answer is. @default anything */
  readonly repType?: StandardSchemaV1<unknown, A> | undefined
}

export interface ReplierOptions<Q = unknown, A = unknown> extends EndpointOptions {
  /**
   * How many requests are handled at a time; the others wait in ZeroMQ. `poll` handles one at a time in any case.
   * @default 1
   */
  readonly concurrency?: number | undefined
  /** What a request is. @default anything */
  readonly reqType?: StandardSchemaV1<unknown, Q> | undefined
  /** What an answer is. @default anything */
  readonly repType?: StandardSchemaV1<A, unknown> | undefined
}

export interface PublisherOptions<M = unknown> extends EndpointOptions {
  /** What is published. @default anything */
  readonly type?: StandardSchemaV1<M, unknown> | undefined
}

export interface SubscriberOptions<M = unknown> extends EndpointOptions {
  /**
   * The topics that are wanted: each message whose topic begins with one of them.
   * @default '': all of them
   */
  readonly topic?: string | readonly string[] | undefined
  /**
   * True takes only messages whose topic is one of them.
   * @default false
   */
  readonly exact?: boolean | undefined
  /** Called with each message, one after the other. @default none: the Subscriber is iterated */
  readonly handler?: ((value: M, topic: string) => unknown) | undefined
  /**
   * How many messages wait to be iterated. When there are more, the oldest are dropped, and counted.
   * @default 1000
   */
  readonly maxQueued?: number | undefined
  /** What a message is. @default anything */
  readonly type?: StandardSchemaV1<unknown, M> | undefined
}

/** Sees a message on its way, and may not change it. */
export type FramesHook = (frames: readonly Uint8Array[]) => void

export interface BrokerOptions extends Omit<EndpointOptions, 'codec'> {
  /** Called with each message that publishers send: topic, payload. @default none */
  readonly onMessage?: FramesHook | undefined
  /**
   * Called with what subscribers send: a 1, when the first one subscribes to a topic, or a 0, when the last one does no
   * more, with the topic behind it in the same frame.
   * @default none
   */
  readonly onSubscription?: FramesHook | undefined
  /**
   * Topics that the broker subscribes to itself: publishers send it only what somebody wants, and `onMessage` sees no more.
   * @default none
   */
  readonly subscribe?: string | readonly string[] | undefined
}

export interface PubHandlerOptions extends Omit<EndpointOptions, 'codec'> {
  /**
   * Who logs: what the topic of each record begins with.
   * @default the host's name and the process's number, `host::1234`
   */
  readonly rootTopic?: string | undefined
}

export const defaults = Object.freeze({
  pollTimeout: 100,
  linger: 0,
  dispatch: 'auto',
  codec: 'msgpack',
  timeout: 30_000,
  maxPending: 1000,
  maxQueued: 1000,
  concurrency: 1,
})

/** Of whatever waits: for an answer, for a subscriber. */
export const WAIT_CHECKS = { timeout: timeLimit, signal: abortSignal }

/** @throws ERR_INVALID_OPTION */
export function checkCount(option: string, given: number | undefined, otherwise: number): number {
  if (given === undefined) return otherwise
  if (given === Number.POSITIVE_INFINITY || (Number.isInteger(given) && given > 0)) return given
  throw invalidOption(option, given, 'a whole number, 1 or more, or Infinity')
}

/** @throws ERR_INVALID_OPTION */
export function checkMs(option: string, given: number | undefined, otherwise: number): number {
  if (given === undefined) return otherwise
  if (typeof given === 'number' && Number.isFinite(given) && given >= 0) return given
  throw invalidOption(option, given, 'milliseconds, 0 or more')
}

/** @throws ERR_INVALID_OPTION */
export function checkFlag(option: string, given: boolean | undefined, otherwise: boolean): boolean {
  if (given === undefined) return otherwise
  if (typeof given === 'boolean') return given
  throw invalidOption(option, given, 'true or false')
}

/** @throws ERR_INVALID_OPTION */
export function checkTopics(option: string, given: unknown): readonly string[] {
  const topics: unknown[] = Array.isArray(given) ? given : [given]
  return topics.map((topic) => {
    if (typeof topic === 'string') return topic
    throw invalidOption(option, topic, 'a string, or an array of strings')
  })
}
