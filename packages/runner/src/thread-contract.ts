import type { MessagePort } from 'node:worker_threads'

/** What a thread is started with, as its workerData. It takes this out before anything else runs. */
export interface ThreadStart {
  /** As JSON: a spec that does for a thread does for a process. */
  readonly spec: string
  /** Messages both ways; the thread's `parentPort` is left to the user's code. */
  readonly port: MessagePort
  /** One Int32, one of those below: so the process, about to exit, can wait for a thread without an event loop. */
  readonly sockets: SharedArrayBuffer
}

/** The thread loads its code, and has no sockets yet. */
export const LOADING = 0
export const OPEN = 1
/** The thread has no sockets any more, or may not open any: it may end, and the process with it. */
export const CLOSED = 2
