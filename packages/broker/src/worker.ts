import { type PeerChange, SkeinError, type StopOptions } from '@skein/core'
import { invalidOption, messageOf, randomId, systemRandomness } from '@skein/core/internal'
import {
  anything,
  checkOptions,
  type Methods,
  methodsOf,
  Runtime,
  type RuntimeParts,
} from '@skein/runtime/internal'
import { EventEmitter } from 'eventemitter3'
import { checkConcurrency } from './broker-service.js'
import { BROKER, type Registering, ROLES, WORKER } from './contract.js'
import { Duties, type Handler } from './duties.js'
import { brokerOf, isBrokerBack, isBrokerGone } from './member.js'
import { checkKeyword, checkService } from './names.js'
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
  readonly #concurrency: number
  readonly #duties: Duties
  /** What its broker is told that it has. */
  readonly #keywords: Set<string>
  /** Counted up whenever they change. */
  #edition = 0
  /** The broker that it is registered with. */
  #broker: string | undefined
  #hasBegun = false
  #stopped: Promise<void> | undefined

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_INSECURE */
  constructor(options: WorkerOptions, parts: RuntimeParts = {}) {
    super()
    const { service, handlers, concurrency = 1, ...member } = checkOptions(options, WORKER_CHECKS)
    this.service = checkService(service)
    const methods = checkHandlers(handlers)
    this.#keywords = new Set(methods.keys())
    this.#concurrency = concurrency
    const makeName = () => `${service}:${randomId(member.random ?? systemRandomness)}`
    this.runtime = new Runtime(memberRuntime(member, ROLES.worker, makeName), parts)
    this.#duties = new Duties(service, handlers, methods)
    this.runtime.provide(WORKER, this.#duties.service)
    this.runtime.on('peer', (change) => this.#changed(change))
    this.runtime.on('stop', () => void this.stop())
    this.runtime.on('close', () => this.emit('close'))
  }

  get name(): string {
    return this.runtime.uid
  }

  /** What it can be asked for. */
  get keywords(): readonly string[] {
    return [...this.#keywords]
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
   * Serves one more keyword, or one in another way: what runs goes on. Resolves when the broker knows; one that is away is
   * told when it is back.
   *
   * @throws ERR_INVALID_OPTION
   */
  async handle<T = unknown>(keyword: string, handler: Handler<T>): Promise<void> {
    if (typeof handler !== 'function') throw invalidOption('handler', handler, 'a function')
    this.#duties.set(checkKeyword(keyword), handler)
    this.#keywords.add(keyword)
    await this.#tellChange()
  }

  /**
   * Serves a keyword no more. Resolves when the broker knows, which gives such requests to others from then on; what it
   * has of them goes on. False if it did not have it.
   */
  async unhandle(keyword: string): Promise<boolean> {
    if (!this.#keywords.delete(keyword)) return false
    await this.#tellChange()
    // Only now: until then it may have been asked. And it may have been given another one meanwhile.
    if (!this.#keywords.has(keyword)) this.#duties.delete(keyword)
    return true
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
      this.#announce(() => this.emit('lost', change))
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
      this.#announce(() => this.emit('refused', error))
      // It is dialled again, and asked again then.
      if (this.runtime.comms.connected(broker)) this.runtime.comms.disconnect(broker)
    }
  }

  async #register(broker: string): Promise<void> {
    await this.#tell(broker)
    if (this.#stopped !== undefined) return
    this.#broker = broker
    this.#announce(() => this.emit('ready', broker))
  }

  /** A listener that throws must not stop what it listens to. */
  #announce(emit: () => void): void {
    try {
      emit()
    } catch (error) {
      this.runtime.comms.logger.error({ error }, 'a listener has thrown')
    }
  }

  /** Tells what it serves, until that is what it has told. */
  async #tell(broker: string): Promise<void> {
    let edition: number
    do {
      edition = this.#edition
      const registering: Registering = {
        service: this.service,
        keywords: this.keywords,
        concurrency: this.#concurrency,
      }
      const call = { service: BROKER, method: 'register', args: [registering] }
      await this.runtime.comms.sendRecv(broker, call, { idempotent: true })
    } while (edition !== this.#edition && this.#stopped === undefined)
  }

  async #tellChange(): Promise<void> {
    this.#edition += 1
    const broker = this.#broker
    // It is told when it registers.
    if (broker === undefined) return
    try {
      await this.#tell(broker)
    } catch (error) {
      if (!(error instanceof SkeinError) || !GONE.has(error.code)) throw error
    }
  }
}

/** @throws ERR_INVALID_OPTION */
function checkHandlers(given: unknown): Methods {
  const allowed = 'an object with a function for each keyword, or an instance with public methods'
  if (typeof given !== 'object' || given === null) throw invalidOption('handlers', given, allowed)
  try {
    return methodsOf(given, 'the object of handlers')
  } catch (cause) {
    const { message, given: shown = '' } = invalidOption('handlers', given, allowed)
    throw new SkeinError('ERR_INVALID_OPTION', `${message}; there is none`, {
      ...{ option: 'handlers', given: shown, allowed, cause },
    })
  }
}

/** Codes with which a broker turns out to be gone. */
const GONE: ReadonlySet<string> = new Set(['ERR_PEER_LOST', 'ERR_NO_SUCH_PEER', 'ERR_CLOSED'])

/** How long the broker may take to answer a farewell, in milliseconds. */
const LEAVE_LIMIT = 1000

const WORKER_CHECKS = {
  ...MEMBER_CHECKS,
  service: anything,
  handlers: anything,
  concurrency: (_: string, given: unknown) => checkConcurrency(given),
}
