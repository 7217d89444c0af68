import type { PeerChange, StopOptions } from '@skein/core'
import { invalidOption, messageOf, randomId, systemRandomness } from '@skein/core/internal'
import { anything, checkOptions, methodsOf, Runtime, type RuntimeParts } from '@skein/runtime/internal'
import { EventEmitter } from 'eventemitter3'
import { checkConcurrency } from './broker-service.js'
import { BROKER, type Registering, ROLES, WORKER } from './contract.js'
import { Duties } from './duties.js'
import { brokerOf, isBrokerBack, isBrokerGone } from './member.js'
import { checkService } from './names.js'
import { MEMBER_CHECKS, type MemberOptions, memberRuntime } from './options.js'

export interface WorkerOptions extends MemberOptions {
  /** The service that it serves. */
  readonly service: string
  /**
   * What it does, by keyword: an object of functions, or an instance of a class, whose public methods they are then. Each
   * is called with the payload and a `WorkContext`.
   */
  readonly handlers: object
  /**
   * How many requests it is given at a time.
   * @default 1: what computes gains nothing by a second one beside it; raise it for what waits for others.
   */
  readonly concurrency?: number | undefined
}

export interface WorkerEvents {
  /** It is registered with the broker of that name, at first or again. */
  ready: (broker: string) => void
  /** The broker is gone. It is looked for until it is there again. */
  lost: (change: PeerChange) => void
  /** A broker that is there again has not taken it; it tries on. */
  refused: (error: unknown) => void
  /** Everything is closed. */
  close: () => void
}

/**
 * Serves keywords of a service, for whoever asks its broker for them.
 *
 * ```ts
 * const worker = new Worker({ broker, token, service: 'text', handlers: { upper: (text: string) => text.toUpperCase() } })
 * await worker.start()
 * ```
 */
export class Worker extends EventEmitter<WorkerEvents> {
  readonly runtime: Runtime
  readonly service: string
  readonly #registering: Registering
  /** The broker that it is registered with. */
  #broker: string | undefined
  #hasBegun = false
  #stopped: Promise<void> | undefined

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_INSECURE */
  constructor(options: WorkerOptions, parts: RuntimeParts = {}) {
    super()
    const { service, handlers, concurrency = 1, ...member } = checkOptions(options, WORKER_CHECKS)
    this.service = checkService(service)
    if (typeof handlers !== 'object' || handlers === null)
      throw invalidOption('handlers', handlers, 'an object with a function for each keyword')
    const methods = methodsOf(handlers, 'the object of handlers')
    this.#registering = { service, keywords: [...methods.keys()], concurrency }
    const makeName = () => `${service}:${randomId(member.random ?? systemRandomness)}`
    this.runtime = new Runtime(memberRuntime(member, ROLES.worker, makeName), parts)
    const duties = new Duties(service, handlers, methods)
    this.runtime.provide(WORKER, duties.service)
    this.runtime.on('peer', (change) => this.#changed(change))
    this.runtime.on('stop', () => void this.stop())
    this.runtime.on('close', () => this.emit('close'))
  }

  get name(): string {
    return this.runtime.uid
  }

  /** Whether a broker has it, and gives it work. */
  get isReady(): boolean {
    return this.#broker !== undefined
  }

  /**
   * Joins the broker, and resolves once it is registered.
   *
   * @throws ERR_HANDSHAKE_TIMEOUT if no broker answers there, ERR_UID_TAKEN if a worker or client of that name lives,
   * ERR_NO_SUCH_SERVICE if it is no broker that answers; nothing is left open then
   */
  async start(): Promise<void> {
    await this.runtime.start()
    try {
      await this.#register(brokerOf(this.runtime))
      this.#hasBegun = true
    } catch (error) {
      await this.runtime.stop()
      throw error
    }
  }

  /**
   * Takes leave of the broker, which gives it nothing more, and then of the mesh. What it has goes on for `drain`
   * milliseconds. May be called twice and from anywhere; the first call decides.
   *
   * @param options.drain milliseconds @default 0: what it has is abandoned
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options)
    return this.#stopped
  }

  /** Closes everything at once: to the broker it looks like a crash. */
  destroy(): Promise<void> {
    this.#stopped ??= Promise.resolve()
    return this.runtime.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(options: StopOptions): Promise<void> {
    const broker = this.#broker
    this.#broker = undefined
    if (broker !== undefined && this.runtime.comms.connected(broker)) {
      const call = { service: BROKER, method: 'unregister' }
      // Whoever does not answer learns of it by the farewell.
      await this.runtime.comms.sendRecv(broker, call, { timeout: LEAVE_LIMIT }).catch(() => {})
    }
    await this.runtime.stop(options)
  }

  #changed(change: PeerChange): void {
    if (isBrokerGone(change, this.#broker)) {
      this.#broker = undefined
      this.emit('lost', change)
    }
    const isWanted = this.#hasBegun && this.#stopped === undefined && this.#broker === undefined
    if (isWanted && isBrokerBack(change, this.runtime)) void this.#registerAgain(change.uid)
  }

  async #registerAgain(broker: string): Promise<void> {
    try {
      await this.#register(broker)
    } catch (error) {
      if (this.#stopped !== undefined) return
      this.runtime.comms.logger.warn({ broker, error }, `not registered: ${messageOf(error)}`)
      this.emit('refused', error)
      // It is dialled again, and asked again then.
      if (this.runtime.comms.connected(broker)) this.runtime.comms.disconnect(broker)
    }
  }

  async #register(broker: string): Promise<void> {
    const call = { service: BROKER, method: 'register', args: [this.#registering] }
    await this.runtime.comms.sendRecv(broker, call, { idempotent: true })
    if (this.#stopped !== undefined) return
    this.#broker = broker
    this.emit('ready', broker)
  }
}

/** How long the broker may take to answer a farewell, in milliseconds. */
const LEAVE_LIMIT = 1000

const WORKER_CHECKS = {
  ...MEMBER_CHECKS,
  service: anything,
  handlers: anything,
  concurrency: (_: string, given: unknown) => checkConcurrency(given),
}
