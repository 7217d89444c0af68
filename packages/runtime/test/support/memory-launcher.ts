import { SkeinError, type StopOptions } from '@skein/core'
import { deferred } from '@skein/test-harness'
import type { Ending, LaunchEvents, Launched, Launcher, RuntimeSpec } from '../../src/launcher.js'
import type { Role } from '../../src/roles/role.js'
import { startWorker } from '../../src/roles/worker.js'
import type { TestMesh } from './test-mesh.js'

/** Starts workers in the test's own process, on hosts of their own. */
export class MemoryLauncher implements Launcher {
  readonly kind = 'memory'
  readonly specs: RuntimeSpec[] = []
  readonly launched = new Map<string, MemoryLaunched>()
  /** The uids of those that fail to start. */
  readonly failing = new Set<string>()
  /** The uids of those that don't end when they are asked to. */
  readonly stubborn = new Set<string>()

  constructor(readonly mesh: TestMesh) {}

  start(spec: RuntimeSpec, on: LaunchEvents): Launched {
    this.specs.push(spec)
    const launched = new MemoryLaunched(this, spec, on)
    this.launched.set(spec.uid, launched)
    return launched
  }
}

export class MemoryLaunched implements Launched {
  readonly uid: string
  readonly ready: Promise<void>
  readonly ended: Promise<Ending>
  readonly on: LaunchEvents
  readonly signals: string[] = []
  /** The drains with which it was asked to end. */
  readonly stops: (number | undefined)[] = []
  readonly #launcher: MemoryLauncher
  readonly #ended = deferred<Ending>()
  #role: Role | undefined

  constructor(launcher: MemoryLauncher, spec: RuntimeSpec, on: LaunchEvents) {
    this.#launcher = launcher
    this.uid = spec.uid
    this.on = on
    this.ended = this.#ended.promise
    this.ready = this.#start(spec)
  }

  describe(): string {
    return `simulated ${this.uid}`
  }

  stop(options: StopOptions = {}): void {
    this.stops.push(options.drain)
    if (this.#launcher.stubborn.has(this.uid)) return
    void this.#role?.stop(options)
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    this.signals.push(signal)
    if (signal === 'SIGKILL') void this.die()
    return true
  }

  /** Ends as a killed process does. */
  async die(): Promise<void> {
    this.#ended.resolve({ code: null, signal: 'SIGKILL' })
    if (this.#role !== undefined) await this.#launcher.mesh.kill(this.#role.runtime)
  }

  async #start(spec: RuntimeSpec): Promise<void> {
    if (this.#launcher.failing.has(spec.uid)) {
      this.#ended.resolve({ code: 1, signal: null })
      throw new SkeinError('ERR_LAUNCH', `${spec.uid} ended before it was ready`, { uid: spec.uid })
    }
    const role = await this.#launcher.mesh.role(startWorker, spec)
    this.#role = role
    void role.ended.then(() => this.#ended.resolve({ code: 0, signal: null }))
  }
}
