import type { Writable } from 'node:stream'
import type { StopOptions } from '@skein/core'
import { type ProcessRun, runInProcess } from '@skein/runner/internal'
import type { Ending, LaunchEvents, Launched, Launcher, RuntimeSpec } from '@skein/runtime/internal'
import { jobOf, readyOf } from './job.js'

export interface LocalLauncherOptions {
  /**
   * The module that a child runs.
   * @default bin/runtime.mjs of this package
   */
  readonly main?: URL | undefined
  /** @default 'ignore' */
  readonly stdin?: 'ignore' | 'inherit' | undefined
  /**
   * Where standard output goes: by lines to `LaunchEvents`, to this process's own, or byte by byte to a stream, which is
   * not ended.
   * @default 'lines'
   */
  readonly stdout?: 'lines' | 'inherit' | Writable | undefined
}

/** Starts runtimes as child processes on this machine. They end when this process does, whatever ends it. */
export class LocalLauncher implements Launcher {
  readonly kind = 'local'
  readonly #options: LocalLauncherOptions & { readonly main: URL }

  constructor(options: LocalLauncherOptions = {}) {
    this.#options = { ...options, main: options.main ?? new URL('../bin/runtime.mjs', import.meta.url) }
  }

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_NOT_SERIALISABLE: the spec is wrong; nothing was started */
  start(spec: RuntimeSpec, on: LaunchEvents): LocalProcess {
    const { main, stdin, stdout } = this.#options
    return new LocalProcess(runInProcess({ ...jobOf(spec, main), stdin, stdout }, on))
  }
}

export class LocalProcess implements Launched {
  readonly uid: string
  readonly ready: Promise<void>
  readonly #run: ProcessRun

  constructor(run: ProcessRun) {
    this.uid = run.name
    this.ready = readyOf(run)
    this.#run = run
  }

  get ended(): Promise<Ending> {
    return this.#run.ended
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#run.pid
  }

  describe(): string {
    return this.#run.describe()
  }

  stop(options: StopOptions = {}): void {
    this.#run.stop(options)
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    return this.#run.signal(signal)
  }
}
