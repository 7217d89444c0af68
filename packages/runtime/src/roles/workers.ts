import { SkeinError, type StopOptions } from '@skein/core'
import { type Clock, checkUid, invalidOption, isRecord, systemClock } from '@skein/core/internal'
import type { Ending, Launched, Launcher, RuntimeSpec } from '../launcher.js'
import { checkOptions, duration } from '../options.js'
import { drainOf } from './role.js'

/** Workers to start. */
export interface WorkersSpec {
  readonly count: number
  /** Options for their CommsManagers. @default the node's own, but for what can be one runtime's alone */
  readonly comms?: Readonly<Record<string, unknown>> | undefined
  /** Options for node itself. @default the node's own */
  readonly execArgv?: readonly string[] | undefined
}

/** A worker that runs. */
export interface WorkerReport {
  readonly uid: string
  /** For people: `process 4711`. */
  readonly is: string
}

export interface WorkersOptions {
  /** What starts them. */
  readonly launcher: Launcher
  /** A line that a worker printed, without its end. */
  readonly onLine?: ((uid: string, stream: 'stdout' | 'stderr', text: string) => void) | undefined
  /** What a worker told whoever started it. */
  readonly onReport?: ((uid: string, report: unknown) => void) | undefined
  /** A worker has joined the mesh, under its uid. */
  readonly onReady?: ((uid: string) => void) | undefined
  /** A worker was started. */
  readonly onStart?: ((worker: Launched) => void) | undefined
  /** A worker has ended. */
  readonly onEnd?: ((uid: string, ending: Ending) => void) | undefined
  /**
   * Milliseconds that a worker has to end when it is asked to, beside those that it drains; then it is killed, where that
   * can be done.
   * @default 5000: a farewell takes up to one second, what runs may take some more
   */
  readonly grace?: number | undefined
  /** @default the system's */
  readonly clock?: Clock | undefined
}

/** More would be a mistake, or malice: each is a process. */
const MAX_COUNT = 4096
const DEFAULT_GRACE = 5000

/** The workers of a node: starts and stops them, and sees them end. */
export class Workers {
  readonly #node: RuntimeSpec
  readonly #options: WorkersOptions
  readonly #index: string
  readonly #running = new Map<string, Launched>()
  #started = 0
  #closed = false

  /**
   * @param node what the node itself was started with: its workers join the same mesh
   * @throws ERR_INVALID_OPTION if its uid has no index to name them after
   */
  constructor(node: RuntimeSpec, options: WorkersOptions) {
    this.#node = node
    this.#index = indexOf(node.uid)
    this.#options = options
  }

  /**
   * Starts workers, a number of them or as a WorkersSpec says, and resolves with their uids once all are ready. If one
   * can't be started, the others of the same call are stopped again.
   *
   * @throws ERR_LAUNCH, ERR_INVALID_OPTION, ERR_CLOSED if they are being stopped: none is started then
   */
  async start(what: unknown): Promise<readonly string[]> {
    const spec = checkWorkers(what)
    const { uid } = this.#node
    if (this.#closed) throw new SkeinError('ERR_CLOSED', `${uid} is stopping`, { uid, executed: 'no' })
    const launched = Array.from({ length: spec.count }, () => this.#launch(spec))
    const outcomes = await Promise.allSettled(launched.map(({ ready }) => ready))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed === undefined) return launched.map(({ uid }) => uid)
    await Promise.all(launched.map((worker) => this.#stop(worker, 0)))
    throw failed.reason
  }

  /**
   * Asks a worker to end, kills it if it doesn't within `grace` beyond the time that it may drain, and resolves with how
   * it ended.
   *
   * @param options StopOptions @default the drain of the node's spec
   * @throws ERR_NO_SUCH_PEER if it is none that runs here, ERR_INVALID_OPTION
   */
  async stop(uid: unknown, options?: unknown): Promise<Ending> {
    const drain = checkDrain(options) ?? drainOf(this.#node)
    const worker = this.#running.get(checkUid(uid))
    if (worker !== undefined) return this.#stop(worker, drain)
    const text = `${uid} is no worker that runs on ${this.#node.uid}`
    throw new SkeinError('ERR_NO_SUCH_PEER', text, { executed: 'no' })
  }

  /** Those that run, in the order of their starts. */
  list(): readonly WorkerReport[] {
    return [...this.#running.values()].map((worker) => ({ uid: worker.uid, is: worker.describe() }))
  }

  /**
   * Stops them all, and starts no more.
   *
   * @param options.drain milliseconds @default 0
   */
  async close({ drain = 0 }: StopOptions = {}): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#running.values()].map((worker) => this.#stop(worker, drain)))
  }

  #launch({ comms, execArgv }: WorkersSpec): Launched {
    const { launcher, onLine, onReport, onStart, onReady, onEnd } = this.#options
    const { monitor, meshToken, drain, stallReports } = this.#node
    const uid = `worker:${this.#index}:${this.#started++}`
    const spec: RuntimeSpec = {
      uid,
      role: 'worker',
      monitor,
      meshToken,
      comms: comms ?? inherited(this.#node.comms),
      drain,
      stallReports,
      execArgv: execArgv ?? this.#node.execArgv,
    }
    const worker = launcher.start(spec, {
      line: (stream, text) => onLine?.(uid, stream, text),
      report: (report) => onReport?.(uid, report),
    })
    this.#running.set(uid, worker)
    onStart?.(worker)
    worker.ready.then(
      () => onReady?.(uid),
      () => {}, // whoever asked for it is told
    )
    void worker.ended.then((ending) => {
      this.#running.delete(uid)
      onEnd?.(uid, ending)
    })
    return worker
  }

  async #stop(worker: Launched, drain: number): Promise<Ending> {
    const { clock = systemClock, grace = DEFAULT_GRACE } = this.#options
    const kill = clock.after(drain + grace, () => worker.signal('SIGKILL'))
    worker.stop({ drain })
    const ending = await worker.ended
    kill.cancel()
    return ending
  }
}

/** `0:1` of `node:0:1`. */
function indexOf(uid: string): string {
  const index = /^[^:]+:(.+)$/.exec(uid)?.[1]
  if (index === undefined) throw invalidOption('uid', uid, "a node's name with its index: 'node:0'")
  return index
}

/** What the workers of a node have in common with it: not what can be one runtime's alone. */
function inherited(comms: RuntimeSpec['comms']): RuntimeSpec['comms'] {
  const { port, advertise, roles, introduces, ...rest } = comms ?? {}
  return rest
}

/** @throws ERR_INVALID_OPTION */
function checkWorkers(given: unknown): WorkersSpec {
  const spec: unknown = typeof given === 'number' ? { count: given } : given
  if (!isRecord(spec))
    throw invalidOption('count', spec, 'a number of workers, or { count, comms, execArgv }')
  const { count, comms, execArgv } = spec
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw invalidOption('count', count, `a whole number from 1 to ${MAX_COUNT}`)
  }
  if (comms !== undefined && !isRecord(comms)) throw invalidOption('comms', comms, 'an object')
  if (execArgv !== undefined && !isTexts(execArgv))
    throw invalidOption('execArgv', execArgv, 'an array of strings')
  return { count, comms, execArgv }
}

/** @throws ERR_INVALID_OPTION */
function checkDrain(given: unknown): number | undefined {
  if (given === undefined) return undefined
  if (!isRecord(given)) throw invalidOption('options', given, '{ drain }')
  const { drain } = checkOptions<StopOptions>(given, { drain: duration })
  return drain
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
