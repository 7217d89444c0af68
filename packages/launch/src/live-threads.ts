import { CLOSED, OPEN } from './thread-contract.js'

/**
 * How long an exit of the process waits for its threads to close their sockets, in milliseconds. They take one; more
 * is for those that are busy.
 */
const EXIT_GRACE_MS = 500

export interface LiveThread {
  readonly uid: string
  readonly sockets: Int32Array
  /** Asks it to close its sockets at once. */
  drop(): void
}

const live = new Set<LiveThread>()

/**
 * Takes care of a thread until the returned function is called. If the process exits before, the thread's sockets are
 * closed first: a thread that is ended with an open one of ZeroMQ aborts the process.
 */
export function careFor(thread: LiveThread): () => void {
  if (live.size === 0) process.on('exit', closeAll)
  live.add(thread)
  return () => {
    live.delete(thread)
    if (live.size === 0) process.off('exit', closeAll)
  }
}

/** No event loop turns here any more, but those of the threads do. */
function closeAll(): void {
  for (const thread of live) thread.drop()
  const deadline = performance.now() + EXIT_GRACE_MS
  for (const { uid, sockets } of live) {
    Atomics.wait(sockets, 0, OPEN, Math.max(0, deadline - performance.now()))
    if (Atomics.load(sockets, 0) === CLOSED) continue
    process.stderr.write(`skein error: thread ${uid} is stuck and can't be ended; killing the process\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}
