import type { Mesh, Pool } from 'skein'
import { UsageError } from '../usage-error.js'
import { Victim } from './victim.js'

/** A worker that is to be killed, and what came of it. */
export class Killing {
  readonly #uid: string
  readonly #pid: number
  readonly #mesh: Mesh
  #killed: { readonly at: number; readonly done: number } | undefined
  #noticed: number | undefined
  #redone = 0

  /** @throws UsageError if there is none that can be killed and spared */
  static async plan(mesh: Mesh, pool: Pool<object>): Promise<Killing> {
    const uid = pool.workers.at(-1)
    if (uid === undefined || pool.workers.length < 2) {
      throw new UsageError('--kill-one needs two workers at least, one to kill and one to do its work')
    }
    const victim = await mesh.create(Victim, { from: new URL('./victim.js', import.meta.url), on: uid })
    return new Killing(mesh, pool, uid, processOf(uid, await victim.pid()))
  }

  private constructor(mesh: Mesh, pool: Pool<object>, uid: string, pid: number) {
    this.#mesh = mesh
    this.#uid = uid
    this.#pid = pid
    pool.on('redo', ({ worker }) => {
      if (worker === uid) this.#redone++
    })
  }

  get isDone(): boolean {
    return this.#killed !== undefined
  }

  /** @param done how many tiles were done until now */
  kill(done: number): void {
    this.#mesh.on('peer', ({ uid, is }) => {
      if (uid === this.#uid && is === 'dead') this.#noticed ??= performance.now()
    })
    this.#killed = { at: performance.now(), done }
    process.kill(this.#pid, 'SIGKILL')
  }

  /** For people. */
  describe(): string {
    const uid = this.#uid
    if (this.#killed === undefined) return `${uid} was not killed: there was nothing to do halfway`
    const { at, done } = this.#killed
    const noticed =
      this.#noticed === undefined
        ? 'the mesh has not noticed'
        : `the mesh knew ${(this.#noticed - at).toFixed(1)} ms later`
    return (
      `killed ${uid} (process ${this.#pid}) after ${done} tiles; ${noticed}\n` +
      `${this.#redone} ${this.#redone === 1 ? 'tile was' : 'tiles were'} lost with it, and done again by others`
    )
  }
}

/** @throws UsageError for a worker that has no process of its own */
export function processOf(uid: string, pid: number | undefined): number {
  if (pid !== undefined) return pid
  throw new UsageError(
    `--kill-one can't kill ${uid}: it is a thread, and the others of its process would die with it; ` +
      'use --launcher local',
  )
}
