import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'
import { type FromStallThread, STUCK_LOOKS, type StallPlace, type StallThreadData } from './stall-messages.js'

/** A stall of this runtime's event loop that is over. */
export interface Stall {
  /**
   * How long the loop stood still, in milliseconds, to a tenth of the time after which it counts as stuck. Time in which
   * the thread that watches had no processor either doesn't count.
   */
  readonly ms: number
  /**
   * Where it stood when that was noticed, innermost function first. Empty if it was in native code or a system call, and
   * in a worker thread, which can't be looked into.
   */
  readonly stack: readonly StallPlace[]
}

export interface StallWatchEvents {
  stall(stall: Stall): void
  /** The thread has come to an end by itself: nothing is watched any more. */
  failed(error: unknown): void
}

/**
 * Watches over the event loop from a thread of its own, which says on standard error where the loop is stuck while it is,
 * and afterwards for how long. The thread keeps nothing alive and has no sockets: it may be ended at any time.
 */
export class StallWatch {
  readonly #ticks = new Int32Array(new SharedArrayBuffer(4))
  readonly #timer: NodeJS.Timeout
  readonly #thread: Worker

  /** @param stuckAfter milliseconds */
  constructor(uid: string, stuckAfter: number, on: StallWatchEvents) {
    const workerData: StallThreadData = { uid, ticks: this.#ticks, stuckAfter, canInspect: isMainThread }
    const url = new URL('./stall-thread.js', import.meta.url)
    this.#thread = new Worker(url, { name: 'stall watch', execArgv: [], env: {}, workerData })
    this.#thread.on('message', (told: FromStallThread) => {
      if (told.kind === 'stall') on.stall({ ms: told.ms, stack: told.stack })
    })
    this.#thread.on('error', (error) => on.failed(error))
    this.#timer = setInterval(() => Atomics.add(this.#ticks, 0, 1), stuckAfter / STUCK_LOOKS)
    this.#timer.unref()
  }

  /** Resolves when the thread watches, or was stopped before. From then on it keeps nothing alive. */
  async start(): Promise<void> {
    // Its first message says that it is ready.
    await Promise.race([once(this.#thread, 'message'), once(this.#thread, 'exit')])
    this.#thread.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#thread.terminate()
  }
}
