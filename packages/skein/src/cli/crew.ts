import type { LocalProcess } from '@skein/launch'

/**
 * Milliseconds that all have to end when they are asked to, before they are killed. A node gives its workers less, so
 * that it lives to see them end.
 */
const GRACE = 1500
export const WORKER_GRACE = 1000

/** The processes of a run: none is left when it has ended. */
export class Crew {
  readonly #running = new Set<LocalProcess>()

  /** Takes care of a process until it has ended. */
  add(process: LocalProcess): LocalProcess {
    this.#running.add(process)
    void process.ended.then(() => this.#running.delete(process))
    return process
  }

  /** Asks all to end, kills those that don't, and resolves when there are none. */
  async end(): Promise<void> {
    const late = setTimeout(() => this.kill(), GRACE)
    for (const process of this.#running) process.stop()
    await Promise.all([...this.#running].map(({ ended }) => ended))
    clearTimeout(late)
  }

  /** At once, whatever they are doing. Workers follow their node by themselves. */
  kill(): void {
    for (const process of this.#running) killGroup(process)
  }
}

/** And with it what the user's code has started in it: nobody would be left to end that. */
function killGroup(runtime: LocalProcess): void {
  const { pid } = runtime
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // There are no groups on this platform, or it has ended.
    runtime.signal('SIGKILL')
  }
}
