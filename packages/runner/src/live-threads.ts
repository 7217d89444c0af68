import { CLOSED, LOADING, OPEN } from './thread-contract.js'

/**
 * How long an exit of the process waits for its threads to close their sockets, in milliseconds. They take one; more
 * is for those that are busy.
 */
const EXIT_GRACE_MS = 500

export interface LiveThread {
  readonly name: string
  readonly sockets: Int32Array
  /** Asks it to close its sockets at once. */
  drop(): void
}

const live = new Set<LiveThread>()

/**
 * Takes care of a thread until the returned function is called. If this one, or the process, exits before, its sockets
 * are closed first: a thread that is ended with an open one of ZeroMQ aborts the process.
 */
export function careFor(thread: LiveThread): () => void {
  if (live.size === 0) process.on('exit', dropThreads)
  live.add(thread)
  return () => {
    live.delete(thread)
    if (live.size === 0) process.off('exit', dropThreads)
  }
}

/**
 * Closes the sockets of all threads, and waits for that. No event loop turns here meanwhile, or any more, but those of
 * the threads do.
 */
export function dropThreads(): void {
  for (const thread of live) thread.drop()
  const deadline = performance.now() + EXIT_GRACE_MS
  for (const { name, sockets } of live) {
    // One that loads its code may take any time to hear of it, and begins nothing any more.
    if (Atomics.compareExchange(sockets, 0, LOADING, CLOSED) !== OPEN) continue
    Atomics.wait(sockets, 0, OPEN, Math.max(0, deadline - performance.now()))
    if (Atomics.load(sockets, 0) === CLOSED) continue
    process.stderr.write(`skein error: thread ${name} is stuck and can't be ended; killing the process\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}
