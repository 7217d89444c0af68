import type { LocalProcess } from '@skein/launch'
import { killGroup } from '@skein/runner/internal'

/**
 * Milliseconds that all have to end when they are asked to, before they are killed. A node gives its workers less, so
 * that it lives to see them end.
 */
const GRACE = 1500
export const WORKER_GRACE = 1000

/** The processes of a run: none is left when it has ended. */
export class Crew {
  readonly #running = new Set<LocalProcess>()
  /** The processes of workers, which are their nodes' and not this one's, by their uids. */
  readonly #workers = new Map<string, number>()

  /** Takes care of a process until it has ended. */
  add(process: LocalProcess): LocalProcess {
    this.#running.add(process)
    void process.ended.then(() => this.#running.delete(process))
    return process
  }

  /** A node has started a worker, or has seen it end: then it has no process any more. */
  worker(uid: string, pid: number | undefined): void {
    if (pid === undefined) this.#workers.delete(uid)
    else this.#workers.set(uid, pid)
  }

  /**
   * Asks some to end, kills them if they don't, and resolves when they have.
   *
   * @param drain milliseconds that what runs in them may take
   */
  async stop(processes: readonly LocalProcess[], drain: number): Promise<void> {
    const late = setTimeout(() => processes.forEach(kill), drain + GRACE)
    for (const process of processes) process.stop({ drain })
    await Promise.all(processes.map(({ ended }) => ended))
    clearTimeout(late)
  }

  /** Asks all to end, kills those that don't, and resolves when there are none. */
  end(): Promise<void> {
    return this.stop([...this.#running], 0)
  }

  /** At once, whatever they are doing. A worker that is too busy to see its node end would live on for a while. */
  kill(): void {
    for (const process of this.#running) kill(process)
    for (const pid of this.#workers.values()) killGroup(pid)
  }
}

function kill(process: LocalProcess): void {
  process.signal('SIGKILL')
}
