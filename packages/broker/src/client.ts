import type { Reply, RequestOptions, StopOptions } from '@skein/core'
import { SkeinError } from '@skein/core'
import { checkTimeout, messageOf, randomId, systemRandomness } from '@skein/core/internal'
import {
  abortSignal,
  checkOptions,
  flag,
  Runtime,
  type RuntimeParts,
  timeLimit,
} from '@skein/runtime/internal'
import { EventEmitter } from 'eventemitter3'
import {
  BROKER,
  type BrokerStatus,
  type Gathered,
  type RelayEndpoints,
  ROLES,
  type ServiceChange,
} from './contract.js'
import { type AskedFor, explained } from './explained.js'
import { Limit } from './limit.js'
import { brokerBack, brokerOf, isAway } from './member.js'
import { checkKeyword, checkService } from './names.js'
import { MEMBER_CHECKS, type MemberOptions, memberRuntime } from './options.js'

export interface ClientOptions extends MemberOptions {
  /** Deadline of a request that names none, in milliseconds; `Infinity` for none. @default 30 000 */
  readonly deadline?: number | undefined
}

export interface AskOptions extends Pick<RequestOptions, 'timeout' | 'signal'> {
  /**
   * Whether it does no harm if it runs twice: then it is given to another worker where the first was lost, although that
   * may have run it.
   * @default false
   */
  readonly idempotent?: boolean | undefined
}

export interface ClientEvents {
  /** Everything is closed. */
  close: () => void
}

const DEFAULT_DEADLINE = 30_000

/**
 * Asks services for what they do, through their broker.
 *
 * ```ts
 * const client = new Client({ broker: 'tcp://127.0.0.1:5555', token })
 * await client.start()
 * await client.ask('text', 'upper', 'hello')
 * ```
 */
export class Client extends EventEmitter<ClientEvents> {
  readonly runtime: Runtime
  /** Where its broker listens. */
  readonly #at: string
  readonly #deadline: number

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS, ERR_INVALID_UID, ERR_INSECURE */
  constructor(options: ClientOptions, parts: RuntimeParts = {}) {
    super()
    const { deadline, ...member } = checkOptions(options, { ...MEMBER_CHECKS, deadline: timeLimit })
    const makeName = () => `client:${randomId(member.random ?? systemRandomness)}`
    const runtime = memberRuntime(member, ROLES.client, makeName)
    this.#at = member.broker
    this.#deadline = checkTimeout('deadline', deadline, DEFAULT_DEADLINE)
    this.runtime = new Runtime({ ...runtime, timeout: this.#deadline }, parts)
    this.runtime.on('close', () => this.emit('close'))
  }

  get name(): string {
    return this.runtime.uid
  }

  /** @throws ERR_HANDSHAKE_TIMEOUT if no broker answers there, ERR_UID_TAKEN if a worker or client of that name lives */
  start(): Promise<void> {
    return this.runtime.start()
  }

  /** Takes leave. What was asked fails with ERR_CLOSED. May be called twice and from anywhere. */
  stop(options: StopOptions = {}): Promise<void> {
    return this.runtime.stop(options)
  }

  /** Closes everything at once. */
  destroy(): Promise<void> {
    return this.runtime.destroy()
  }

  /** Whether anybody serves a service. */
  locate(service: string): Promise<boolean> {
    return this.#call<boolean>('locate', [checkService(service)], {}, { service })
  }

  /**
   * Resolves once somebody serves a service. A broker that is away is waited for, too.
   *
   * @param options.timeout milliseconds @default the client's `deadline`
   * @throws ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED if this client is not started, or stopped first
   */
  async waitFor(service: string, options: Pick<AskOptions, 'timeout' | 'signal'> = {}): Promise<void> {
    const { timeout, signal } = checkOptions(options, { timeout: timeLimit, signal: abortSignal })
    checkService(service)
    let broker = brokerOf(this.runtime)
    const limit = new Limit(this.runtime.clock, timeout ?? this.#deadline, signal)
    try {
      for (;;) {
        // Before it is asked: it may be back by the time that it is known to have been away.
        const back = brokerBack(this.runtime, limit.signal)
        back.catch(() => {})
        if (await this.#isServed(service, limit, broker)) return
        broker = await back
      }
    } catch (error) {
      if (!limit.signal.aborted) throw error
      throw notServed(service, limit, signal)
    } finally {
      limit.end()
    }
  }

  /**
   * Asks a service for a keyword: one of the workers that have it answers, the least busy. Waits while all are busy. What
   * a handler yields can be iterated.
   *
   * @throws what the handler threw; ERR_NO_SUCH_SERVICE, ERR_NO_SUCH_METHOD, ERR_OVERLOADED, ERR_PEER_LOST with the `uid`
   * of the worker or broker that was lost, ERR_TIMEOUT, ERR_CANCELLED, each with `executed`
   */
  ask<T = unknown>(service: string, keyword: string, payload?: unknown, options: AskOptions = {}): Reply<T> {
    const { idempotent = false, ...rest } = checkOptions(options, ASK_CHECKS)
    const args = [checkService(service), checkKeyword(keyword), payload, idempotent]
    return this.#call<T>('ask', args, { ...rest, idempotent }, { service, keyword })
  }

  /**
   * Asks all workers of a service that have a keyword, and resolves when each has answered or failed, with a list
   * in the order of their names. Of the time there is, a fifth, or 250 ms, is kept for the way back: who is late by then
   * has failed with ERR_TIMEOUT.
   *
   * @throws ERR_NO_SUCH_SERVICE, ERR_NO_SUCH_METHOD if there is none; ERR_CANCELLED, and ERR_TIMEOUT if the broker itself
   * does not answer in time, for all of them
   */
  scatter<T = unknown>(
    service: string,
    keyword: string,
    payload?: unknown,
    options: Omit<AskOptions, 'idempotent'> = {},
  ): Reply<readonly Gathered<T>[]> {
    const checked = checkOptions(options, { timeout: timeLimit, signal: abortSignal })
    const args = [checkService(service), checkKeyword(keyword), payload]
    return this.#call('scatter', args, checked, { service, keyword })
  }

  /**
   * Tells all workers that have a keyword, of one service or, with `undefined`, of all. Nobody answers; it waits for no
   * slot and takes none. Resolves once it was taken for sending.
   */
  async broadcast(service: string | undefined, keyword: string, payload?: unknown): Promise<void> {
    const args = [service === undefined ? undefined : checkService(service), checkKeyword(keyword), payload]
    await this.runtime.comms.send(brokerOf(this.runtime), { service: BROKER, method: 'broadcast', args })
  }

  /**
   * Tells of the workers of a service, or of all: first of those that there are, then of each that comes or goes. Ends
   * with the broker: with ERR_PEER_LOST if that is lost, and without an error if it stops.
   *
   * @throws ERR_PEER_LOST, ERR_CANCELLED if its signal is aborted, ERR_NO_SUCH_PEER if the broker is away
   */
  watch(
    service?: string,
    options: Pick<AskOptions, 'signal'> = {},
  ): Reply<AsyncIterable<ServiceChange>> & AsyncIterable<ServiceChange> {
    const { signal } = checkOptions(options, { signal: abortSignal })
    const args = [service === undefined ? undefined : checkService(service)]
    return this.#call<AsyncIterable<ServiceChange>>('watch', args, { signal }, { service })
  }

  /**
   * Where to publish and to subscribe with sockets of plain ZeroMQ.
   *
   * @throws ERR_NO_SUCH_SERVICE if the broker relays nothing
   */
  lookup(): Promise<RelayEndpoints> {
    return this.#call<RelayEndpoints>('lookup', [])
  }

  /** What the broker has, and has done. */
  status(): Promise<BrokerStatus> {
    return this.#call<BrokerStatus>('status', [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Whether somebody serves it by the time that the broker tells no more: false if the broker is gone before. */
  async #isServed(service: string, { signal }: Limit, broker: string): Promise<boolean> {
    const options = { signal, timeout: Number.POSITIVE_INFINITY }
    const call = { service: BROKER, method: 'watch', args: [service] }
    const changes = this.runtime.comms.sendRecv<AsyncIterable<ServiceChange>>(broker, call, options)
    try {
      for await (const { kind } of changes) if (kind === 'joined') return true
    } catch (error) {
      if (!isAway(error, broker)) throw error
    }
    return false
  }

  #call<T>(
    method: string,
    args: readonly unknown[],
    options: RequestOptions = {},
    asked: Pick<AskedFor, 'service' | 'keyword'> = {},
  ): Reply<T> {
    const call = { service: BROKER, method, args }
    const reply = this.runtime.comms.sendRecv<T>(brokerOf(this.runtime), call, options)
    const { timeout: timeoutMs = this.#deadline } = options
    return explained(reply, method, { ...asked, timeoutMs, at: this.#at })
  }
}

function notServed(service: string, { ms }: Limit, signal: AbortSignal | undefined): SkeinError {
  if (signal?.aborted !== true)
    return new SkeinError('ERR_TIMEOUT', `nobody serves '${service}' within ${ms} ms`, {
      service,
      timeoutMs: ms,
    })
  const text = `nobody waits any longer for '${service}' to be served: ${messageOf(signal.reason)}`
  return new SkeinError('ERR_CANCELLED', text, { service, cause: signal.reason })
}

const ASK_CHECKS = { timeout: timeLimit, signal: abortSignal, idempotent: flag }
