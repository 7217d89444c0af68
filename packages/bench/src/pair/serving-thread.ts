import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Lane, Serving } from '../systems/system.js'

const MAIN = fileURLToPath(new URL('../../bin/pair-thread.mjs', import.meta.url))

/** What a thread that serves is started with. */
export interface ThreadStart {
  readonly system: string
  readonly lane: Lane
}

/** Somebody who serves in a thread of this process. */
export async function serveInThread(start: ThreadStart): Promise<Serving> {
  const thread = new Worker(MAIN, { workerData: start })
  const [endpoint]: unknown[] = await once(thread, 'message')
  if (typeof endpoint !== 'string') throw new TypeError(`no endpoint: ${endpoint}`)
  return {
    endpoint,
    async close() {
      const ended = once(thread, 'exit')
      thread.postMessage('stop')
      await ended
    },
  }
}
