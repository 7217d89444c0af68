import type { StopOptions } from '@skein/core'
import { runInThread, type ThreadRun } from '@skein/runner/internal'
import type { Ending, LaunchEvents, Launched, Launcher, RuntimeSpec } from '@skein/runtime/internal'
import { jobOf, readyOf } from './job.js'

export interface ThreadLauncherOptions {
  /**
   * The module that a thread runs.
   * @default bin/thread.mjs of this package
   */
  readonly main?: URL | undefined
}

/**
 * Starts runtimes as threads of this process. They reach each other by the cheapest lane, and share its fate: a thread
 * that never returns to its event loop can't be ended, except with the whole process.
 */
export class ThreadLauncher implements Launcher {
  readonly kind = 'thread'
  readonly #main: URL

  constructor({ main = new URL('../bin/thread.mjs', import.meta.url) }: ThreadLauncherOptions = {}) {
    this.#main = main
  }

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_NOT_SERIALISABLE: the spec is wrong; nothing was started */
  start(spec: RuntimeSpec, on: LaunchEvents): LocalThread {
    return new LocalThread(runInThread(jobOf(spec, this.#main), on))
  }
}

export class LocalThread implements Launched {
  readonly uid: string
  readonly ready: Promise<void>
  readonly #run: ThreadRun

  constructor(run: ThreadRun) {
    this.uid = run.name
    this.ready = readyOf(run)
    this.#run = run
  }

  get ended(): Promise<Ending> {
    return this.#run.ended
  }

  describe(): string {
    return this.#run.describe()
  }

  stop(options: StopOptions = {}): void {
    this.#run.stop(options)
  }

  /** Ends it without farewell: to its peers it looks like a crash. As near to SIGKILL as a thread can get. */
  drop(): void {
    this.#run.drop()
  }

  /** A thread has no signals. */
  signal(): false {
    return this.#run.signal()
  }
}
