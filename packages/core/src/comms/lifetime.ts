import { isMainThread } from 'node:worker_threads'
import { inTime } from '../clock.js'
import { invalidOption, SkeinError } from '../errors.js'
import type { Links } from '../link/links.js'
import type { CommsSettings } from '../settings.js'
import type { Inbound, ListenOptions, Transport } from '../transport/transport.js'
import { STOPPED } from './introductions.js'
import type { Traffic } from './traffic.js'

export interface StopOptions {
  /**
   * How long requests that run here may take to end, in milliseconds.
   * @default 0: what runs is abandoned.
   */
  readonly drain?: number | undefined
}

export interface LifetimeParts {
  readonly settings: CommsSettings
  readonly transport: Transport
  readonly traffic: Traffic
  /** What the inbound socket is to take, besides where. */
  readonly intake: Pick<ListenOptions, 'instance' | 'frameBytes'>
  /** Makes the links of a runtime that is bound to these endpoints. */
  readonly makeLinks: (bound: readonly string[]) => Links
  /** Everything is closed. */
  readonly closed: () => void
}

type Phase = 'new' | 'starting' | 'running' | 'draining' | 'stopping' | 'stopped'

/** From a runtime's start to its end: what is open when, and in which order it is closed. `CommsManager` documents it. */
export class Lifetime {
  readonly #parts: LifetimeParts
  #phase: Phase = 'new'
  #inbound: Inbound | undefined
  #links: Links | undefined
  #stopped: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #over: () => void = () => {}
  readonly #end = new Promise<void>((resolve) => {
    this.#over = resolve
  })

  constructor(parts: LifetimeParts) {
    this.#parts = parts
  }

  /** Undefined before the start. */
  get links(): Links | undefined {
    return this.#links
  }

  get isRunning(): boolean {
    return this.#phase === 'running'
  }

  /** The links of a runtime that is running; throws ERR_CLOSED otherwise. */
  running(): Links {
    if (this.#links !== undefined && (this.#phase === 'running' || this.#phase === 'draining'))
      return this.#links
    const what = this.#phase === 'new' || this.#isStarting ? 'was not started yet' : 'was stopped'
    throw new SkeinError('ERR_CLOSED', `${this.#uid} ${what}`, { executed: 'no' })
  }

  async start(): Promise<void> {
    if (this.#phase !== 'new') throw new SkeinError('ERR_CLOSED', `${this.#uid} was started before`)
    this.#phase = 'starting'
    const { settings, transport, traffic, intake, makeLinks } = this.#parts
    const { uid, transports: schemes, bind: host, port, insecure, logger } = settings
    if (insecure)
      logger.warn({ uid, bind: host }, 'insecure: whoever can read the traffic learns the mesh token')
    try {
      const listen = { schemes, host, port, ...intake }
      this.#inbound = await transport.listen(listen, {
        batch: (frames) => this.#links?.onBatch(frames),
        settled: () => this.#links?.settled(),
      })
    } catch (error) {
      if (this.#isStarting) this.#phase = 'new'
      throw error
    }
    if (!this.#isStarting) {
      await this.#inbound.close()
      throw new SkeinError('ERR_CLOSED', `${uid} was stopped while it started`)
    }
    this.#links = makeLinks(this.#inbound.endpoints)
    traffic.open(this.#links)
    this.#phase = 'running'
  }

  async drain(timeout: number): Promise<void> {
    checkDrain(timeout)
    if (this.#phase !== 'running' && this.#phase !== 'draining') return
    this.#phase = 'draining'
    const { settings, traffic } = this.#parts
    traffic.servings.refuse(this.#leaving)
    if (timeout === 0) return
    await inTime(settings.clock, Promise.race([traffic.servings.idle(), this.wait()]), timeout)
  }

  stop(options: StopOptions): Promise<void> {
    const drain = checkDrain(options.drain)
    this.#stopped ??= this.#leave(drain).then(() => this.destroy())
    return this.#stopped
  }

  destroy(): Promise<void> {
    this.#closing ??= this.#close()
    this.#stopped = this.#closing
    return this.#closing
  }

  wait(): Promise<void> {
    return this.#end
  }

  async #leave(drain: number): Promise<void> {
    await this.drain(drain)
    if (this.#links !== undefined && this.#phase === 'draining') await this.#farewell(this.#links)
  }

  async #farewell(links: Links): Promise<void> {
    this.#phase = 'stopping'
    // A link that is still being made, or made anew, may hold what was posted before.
    const open = links.all().filter((link) => link.isOpen || !link.session.isEmpty)
    const { settings, traffic } = this.#parts
    traffic.servings.leave(this.#leaving)
    for (const link of open) {
      link.outbox.admitAll()
      link.announce(STOPPED)
    }
    const { clock, farewellTimeout } = settings
    await inTime(clock, Promise.all(open.map((link) => link.outbox.drained())), farewellTimeout)
  }

  async #close(): Promise<void> {
    this.#phase = 'stopped'
    const { settings, traffic, closed } = this.#parts
    const { uid, clock, farewellTimeout, logger } = settings
    traffic.close(new SkeinError('ERR_CLOSED', `${uid} was stopped`))
    const freed = this.#freeSockets().catch((error: unknown) => {
      logger.warn({ uid, error }, 'not everything could be freed')
    })
    // Between threads both ends take part in closing. A busy one must not keep us; but as a thread we must not end before.
    await (isMainThread ? inTime(clock, freed, farewellTimeout) : freed)
    closed()
    this.#over()
  }

  async #freeSockets(): Promise<void> {
    await this.#inbound?.close()
    await this.#parts.transport.close()
  }

  get #uid(): string {
    return this.#parts.settings.uid
  }

  get #isStarting(): boolean {
    return this.#phase === 'starting'
  }

  /** What requests are refused with once this runtime takes no more. */
  get #leaving(): SkeinError {
    const uid = this.#uid
    return new SkeinError('ERR_CLOSED', `${uid} is stopping`, { uid, executed: 'no' })
  }
}

function checkDrain(given: unknown = 0): number {
  if (typeof given === 'number' && given >= 0) return given
  throw invalidOption('drain', given, 'milliseconds, 0 or more; Infinity for as long as it takes')
}
