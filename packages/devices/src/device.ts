import { type Logger, SkeinError } from '@skein/core'
import {
  type Checks,
  checkOptions,
  duration,
  inTime,
  invalidOption,
  type SocketOption,
  SocketSpace,
  stderrLogger,
  systemClock,
} from '@skein/core/internal'
import { BackgroundRelay } from './background.js'
import { isInproc, startBridged } from './bridged.js'
import { DEVICE_CHECKS, type DeviceOptions, kindsOf, type RunnerKind, runnerOf } from './device-options.js'
import { type Endpoints, openRelay, type RunningRelay } from './open-relay.js'
import type { PortRange, RelayPlan } from './plan.js'
import type { RelayStatistics } from './relay.js'
import { SocketDraft } from './socket-draft.js'

type DeviceState =
  | { readonly kind: 'new' }
  | { readonly kind: 'started'; readonly started: Promise<RunningRelay> }
  /** It was never started, and can't be any more. */
  | { readonly kind: 'stopped' }

/**
 * A relay between two sockets, or from one back to itself, that is configured first and then started: inline, in a thread
 * or in a process. What is asked for is applied where the sockets are made, in this order: options of `in` and of `out`,
 * what they bind, what they connect to.
 */
export class Device {
  /** @internal What options there are: each class that extends this has its own beside them. */
  static readonly checks: Checks = DEVICE_CHECKS
  readonly #in: SocketDraft
  readonly #out: SocketDraft
  readonly #runner: RunnerKind
  readonly #daemon: boolean
  readonly #contextFactory: (() => SocketSpace) | undefined
  readonly #logger: Logger
  #state: DeviceState = { kind: 'new' }

  /** @throws ERR_INVALID_OPTION */
  constructor(options: DeviceOptions) {
    checkOptions(options, new.target.checks)
    const kinds = kindsOf(options)
    this.#runner = runnerOf(options)
    this.#daemon = options.daemon ?? true
    this.#contextFactory = options.contextFactory
    this.#logger = options.logger ?? stderrLogger
    this.#in = new SocketDraft(kinds.in)
    this.#out = kinds.out === undefined ? this.#in : new SocketDraft(kinds.out)
  }

  /** @throws ERR_INVALID_ADDRESS; ERR_CLOSED once it was started. So do all that ask for something. */
  bindIn(address: string): void {
    this.draft(this.#in).bind(address)
  }

  bindOut(address: string): void {
    this.draft(this.#out).bind(address)
  }

  /**
   * Binds a port of a range, drawn by lot: which, `start` resolves to. `start` rejects with ERR_ADDRESS_IN_USE if none is
   * free.
   *
   * @param address without a port: `tcp://127.0.0.1`
   * @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION
   */
  bindInToRandomPort(address: string, range: PortRange = {}): void {
    this.draft(this.#in).bindToRandomPort(address, range)
  }

  bindOutToRandomPort(address: string, range: PortRange = {}): void {
    this.draft(this.#out).bindToRandomPort(address, range)
  }

  connectIn(address: string): void {
    this.draft(this.#in).connect(address)
  }

  connectOut(address: string): void {
    this.draft(this.#out).connect(address)
  }

  /** Names are those of zeromq.js: `sendHighWaterMark`, `linger`… What is wrong with one, `start` says. */
  setOptionIn(name: string, value: SocketOption): void {
    this.draft(this.#in).set(name, value)
  }

  setOptionOut(name: string, value: SocketOption): void {
    this.draft(this.#out).set(name, value)
  }

  /** Of a `sub` socket: which messages it wants, by the beginning of their first frame. @throws ERR_INVALID_OPTION */
  subscribeIn(prefix: Uint8Array | string): void {
    this.draft(this.#in).subscribe(prefix)
  }

  subscribeOut(prefix: Uint8Array | string): void {
    this.draft(this.#out).subscribe(prefix)
  }

  /**
   * Resolves when it runs, to where its sockets are bound.
   *
   * @throws ERR_CLOSED if it was started or stopped before; ERR_INVALID_OPTION, ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE
   *   and ERR_ADDRESS_UNAVAILABLE, also from a thread or a process; ERR_LAUNCH if that could not be started
   */
  async start(): Promise<Endpoints> {
    this.#checkNew()
    const started = this.#start(this.plan())
    this.#state = { kind: 'started', started }
    const relay = await started
    relay.ended.catch((error: unknown) => this.#logger.error({ error }, 'a device has ended'))
    return relay.endpoints
  }

  /** Of what has ended, what it was at its end. @throws ERR_CLOSED if it was never started, or has been lost */
  async statistics(): Promise<RelayStatistics> {
    return (await this.running()).statistics()
  }

  /**
   * Resolves when its sockets are gone: what it has passed on has as long as their linger, by default a second. May be
   * called at any time, and more than once.
   */
  async stop(): Promise<void> {
    if (this.#state.kind === 'started') await (await this.#state.started.catch(() => undefined))?.stop()
    else this.#state = { kind: 'stopped' }
  }

  /**
   * Resolves to true when it has ended, or to false when it has not within so many milliseconds. Rejects with what has
   * ended it, if that was neither `stop` nor TERMINATE. The process stays alive meanwhile, also for a daemon.
   *
   * @throws ERR_CLOSED if it was never started; ERR_LAUNCH if its process or thread was lost; ERR_INVALID_OPTION
   */
  async join(timeout = Number.POSITIVE_INFINITY): Promise<boolean> {
    duration('timeout', timeout)
    const relay = await this.running()
    const over = relay.ended.then(() => true)
    if (timeout === Number.POSITIVE_INFINITY) return relay.hold(over)
    let isOver = false
    const noted = over.then(() => {
      isOver = true
    })
    await inTime(systemClock, noted, timeout)
    return isOver || (await Promise.race([over, Promise.resolve(false)]))
  }

  /** What is to be opened. */
  protected plan(): RelayPlan {
    return { in: this.#in.plan, out: this.#out === this.#in ? undefined : this.#out.plan }
  }

  /** What something is asked for, as long as it can be. */
  protected draft(draft: SocketDraft): SocketDraft {
    this.#checkNew()
    return draft
  }

  protected async running(): Promise<RunningRelay> {
    if (this.#state.kind === 'started') return this.#state.started
    throw new SkeinError('ERR_CLOSED', 'this device was not started')
  }

  async #start(plan: RelayPlan): Promise<RunningRelay> {
    const [daemon, logger] = [this.#daemon, this.#logger]
    if (this.#runner === 'inline') {
      if (this.#contextFactory !== undefined) return openRelay(plan, spaceOf(this.#contextFactory), logger)
      const space = new SocketSpace()
      return openRelay(plan, space, logger, () => space.close())
    }
    const hasInproc = [plan.in, plan.out, plan.monitor, plan.control].some(isInproc)
    if (!hasInproc) return BackgroundRelay.start(plan, { runner: this.#runner, daemon, logger })
    if (this.#runner === 'thread') return startBridged(plan, { daemon, logger, space: new SocketSpace() })
    const allowed = 'without inproc:// addresses, which another process can not reach'
    throw invalidOption('runner', this.#runner, `thread or inline, or a device ${allowed}`)
  }

  #checkNew(): void {
    if (this.#state.kind !== 'new')
      throw new SkeinError('ERR_CLOSED', 'this device was started or stopped before')
  }
}

function spaceOf(contextFactory: () => SocketSpace): SocketSpace {
  const space: unknown = contextFactory()
  if (space instanceof SocketSpace) return space
  throw invalidOption('contextFactory', space, 'a function that returns a SocketSpace')
}
