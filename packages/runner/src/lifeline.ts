import { Worker } from 'node:worker_threads'

/**
 * Ends this process when its parent is gone, even if its event loop is stuck: a thread waits for the end of the
 * lifeline. Its main thread is to see that by itself, over the channel, and to end in order before the thread loses
 * patience. The thread keeps nothing alive and has no sockets of ZeroMQ, so it may be ended at any time.
 */
export function holdLifeline(): void {
  const url = new URL('./lifeline-watch.js', import.meta.url)
  // Neither the options nor the environment of this process: `--import tsx` would only delay it.
  const watch = new Worker(url, { name: 'lifeline', execArgv: [], env: {}, stdin: false })
  watch.unref()
}
