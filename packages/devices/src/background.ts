import { type Logger, SkeinError } from '@skein/core'
import { type Deferred, deferred, type Run, runInProcess, runInThread } from '@skein/runner/internal'
import { parseEndpoints, parseStatistics, parseTold, type Question } from './messages.js'
import type { Endpoints, RunningRelay } from './open-relay.js'
import type { RelayPlan } from './plan.js'
import type { RelayStatistics } from './relay.js'

export interface BackgroundOptions {
  readonly runner: 'thread' | 'process'
  /** Whether it keeps nobody alive. */
  readonly daemon: boolean
  readonly logger: Logger
}

const MAINS = {
  thread: new URL('../bin/thread.mjs', import.meta.url),
  process: new URL('../bin/process.mjs', import.meta.url),
}

/** A relay in a thread or a process of its own. */
export class BackgroundRelay implements RunningRelay {
  readonly ended: Promise<void>
  readonly #run: Run
  readonly #daemon: boolean
  readonly #asked = new Map<number, Deferred<unknown>>()
  #endpoints: Endpoints | undefined
  #lastId = 0
  #failure: string | undefined
  #final: RelayStatistics | undefined
  #hasEnded = false
  /** Who waits for something of it, and would not be there to get it. */
  #holds = 0

  /** Resolves when it runs. @throws as `openRelay`; ERR_LAUNCH if it could not be started */
  static async start(plan: RelayPlan, options: BackgroundOptions): Promise<BackgroundRelay> {
    const relay = new BackgroundRelay(plan, options)
    relay.#endpoints = parseEndpoints(await relay.#run.ready)
    if (options.daemon) relay.#run.unref()
    return relay
  }

  private constructor(plan: RelayPlan, { runner, daemon, logger }: BackgroundOptions) {
    this.#daemon = daemon
    const job = { name: 'relay', main: MAINS[runner], spec: plan }
    const start = runner === 'thread' ? runInThread : runInProcess
    this.#run = start(job, {
      line: (stream, text) => logger.warn({ stream }, `a relay has printed: ${text}`),
      report: (report) => this.#told(report),
    })
    this.ended = this.#end()
    // Whoever asks for it has its failure too; before it is ready, that tells of it.
    this.ended.catch(() => {})
  }

  get endpoints(): Endpoints {
    if (this.#endpoints === undefined) throw new RangeError('the relay is not ready')
    return this.#endpoints
  }

  async pause(): Promise<void> {
    await this.#ask('pause')
  }

  async resume(): Promise<void> {
    await this.#ask('resume')
  }

  async statistics(): Promise<RelayStatistics> {
    return this.#final ?? parseStatistics(await this.#ask('statistics'))
  }

  async stop(): Promise<void> {
    this.#run.stop()
    await this.hold(this.#run.ended)
  }

  async hold<T>(waiting: Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#run.ref()
    try {
      return await waiting
    } finally {
      if (--this.#holds === 0 && this.#daemon) this.#run.unref()
    }
  }

  #ask(what: Question['what']): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(hasEnded())
    const id = ++this.#lastId
    const answer = deferred<unknown>()
    this.#asked.set(id, answer)
    this.#run.send({ id, what } satisfies Question)
    return this.hold(answer.promise)
  }

  #told(report: unknown): void {
    const told = parseTold(report)
    if (told?.kind === 'failed') this.#failure = told.message
    if (told?.kind === 'stopped') this.#final = told.statistics
    if (told?.kind !== 'answer') return
    this.#asked.get(told.id)?.resolve(told.value)
    this.#asked.delete(told.id)
  }

  async #end(): Promise<void> {
    const { code, signal } = await this.#run.ended
    this.#hasEnded = true
    for (const { reject } of this.#asked.values()) reject(hasEnded())
    this.#asked.clear()
    if (code === 0) return
    const reason = this.#failure ?? signal ?? `exit code ${code}`
    throw new SkeinError('ERR_LAUNCH', `the relay in ${this.#run.describe()} has ended: ${reason}`, {
      reason,
    })
  }
}

function hasEnded(): SkeinError {
  return new SkeinError('ERR_CLOSED', 'the relay has ended')
}
