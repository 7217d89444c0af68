import type { Mesh, Runtime } from '@skein/runtime'
import { HarnessError } from '../errors.js'

export interface ClusterOptions {
  /**
   * How many workers: `worker:0:0`, `worker:0:1`, …
   * @default 2
   */
  readonly workers?: number | undefined
  /**
   * Options for every CommsManager, those that are plain values: `liveness`, `timeout`, `flow`…
   * @default none, but any free port
   */
  readonly comms?: Readonly<Record<string, unknown>> | undefined
  /**
   * The lanes to offer.
   * @default all three
   */
  readonly transports?: readonly ('tcp' | 'ipc' | 'inproc')[] | undefined
}

/**
 * A mesh for a test: a monitor, workers, and a head in the test's own process. What is done to a runtime is done by its
 * uid; `'monitor'` is one as well.
 */
export interface Cluster extends AsyncDisposable {
  /** The test's own runtime. It is linked to the monitor and to all workers when the cluster is there. */
  readonly head: Runtime
  /** The same, as a program sees it. */
  readonly mesh: Mesh
  /** The uids of all workers, those included that have ended. */
  readonly workers: readonly string[]
  /** The uid of one of them. */
  worker(index: number): string
  /** What a runtime has printed, both streams, without line ends. A simulated one prints to the test's own output. */
  output(uid: string): readonly string[]
  /** Ends a runtime without farewell, and resolves when it is gone. */
  kill(uid: string): Promise<void>
  /** Freezes a runtime, its I/O included, until `continue`. Threads can't be. */
  stop(uid: string): void
  continue(uid: string): void
  /** Keeps a runtime's event loop busy, and resolves when that begins. */
  stallLoop(uid: string, ms: number): Promise<void>
  /** Cuts two runtimes off from each other until `heal`. Only in a simulated network. */
  partition(a: string, b: string): void
  /** Ends every partition. */
  heal(): void
  /** Ends everything. May be called twice, and whatever became of the runtimes. */
  close(): Promise<void>
}

export const HEAD = 'head'
export const MONITOR = 'monitor'

export function workerUids(count = 2): string[] {
  return Array.from({ length: count }, (_, index) => `worker:0:${index}`)
}

export function workerAt(workers: readonly string[], index: number): string {
  const uid = workers[index]
  if (uid !== undefined) return uid
  throw misuse(`there is no worker ${index}: there are ${workers.length}, counted from 0`)
}

export function misuse(message: string): HarnessError {
  return new HarnessError('ERR_HARNESS_MISUSE', message)
}
