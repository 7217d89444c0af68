// The other side of thread-run.ts.
import { MessagePort, workerData } from 'node:worker_threads'
import { isRecord } from '@skein/core/internal'
import { ExitRequest } from './exit-request.js'
import { Hosting, type RunJob } from './host.js'
import { dropThreads } from './live-threads.js'
import { fromJson, toJson } from './plain-json.js'
import type { StopOrder } from './stop-order.js'
import { CLOSED, LOADING, OPEN } from './thread-contract.js'

/** Runs the job whose spec is in the workerData, and ends the thread. */
export async function threadMain(job: RunJob): Promise<void> {
  const { spec, port, sockets } = takeStart()
  // Whoever has started it is about to end.
  if (Atomics.compareExchange(sockets, 0, LOADING, OPEN) !== LOADING) return process.exit()
  const hosting = new Hosting((message) => port.postMessage(toJson(message)))
  const exit = process.exit.bind(process)
  interceptExit(hosting.order)
  catchErrors(hosting.order)
  port.on('message', (text: string) => hosting.take(fromJson(text)))
  const code = await hosting.run(job, spec)
  // The process looks no further than to this thread, and has to wait for those that it has started itself.
  dropThreads()
  Atomics.store(sockets, 0, CLOSED)
  Atomics.notify(sockets, 0)
  exit(code)
}

/** The user's code can read workerData as well, and may not see what is secret in it. */
function takeStart(): { spec: unknown; port: MessagePort; sockets: Int32Array } {
  const { spec, port, sockets } = isRecord(workerData) ? workerData : {}
  if (typeof spec !== 'string' || !(port instanceof MessagePort) || !(sockets instanceof SharedArrayBuffer)) {
    throw new TypeError('this module is run by Skein, in a thread')
  }
  for (const key of Object.keys(workerData)) delete workerData[key]
  return { spec: fromJson(spec), port, sockets: new Int32Array(sockets) }
}

/**
 * `process.exit()` in a thread with open sockets would abort the process, so they are closed first: without farewell, as
 * with a process.
 */
function interceptExit(order: StopOrder): void {
  process.exit = (code) => {
    const request = new ExitRequest(Number(code ?? process.exitCode ?? 0))
    order.drop(request.code)
    throw request
  }
}

/** What nobody catches ends this thread as it would end a process, and no other. */
function catchErrors(order: StopOrder): void {
  const onError = (error: unknown): void => {
    if (error instanceof ExitRequest) return
    console.error(error)
    order.drop(1)
  }
  process.on('uncaughtException', onError)
  process.on('unhandledRejection', onError)
}
