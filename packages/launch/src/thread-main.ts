// What bin/thread.mjs runs: one runtime in a thread of its own, started by ThreadLauncher.
import { MessagePort, workerData } from 'node:worker_threads'
import { runRuntime, type StartRole } from './entry.js'
import { ExitRequest } from './exit-request.js'
import { type FromRuntime, parseToRuntime } from './messages.js'
import { fromJson, toJson } from './plain-json.js'
import { isRecord } from './spec.js'
import { StopOrder } from './stop-order.js'
import { CLOSED } from './thread-contract.js'

/** Of a thread that was dropped: as near to a crash as a thread can get. */
const DROPPED_CODE = 1

/** Runs the runtime whose spec is in the workerData, and ends the thread. */
export async function main(start: StartRole): Promise<void> {
  const { spec, port, sockets } = takeStart()
  const order = new StopOrder()
  const exit = process.exit.bind(process)
  interceptExit(order)
  catchErrors(order)
  port.on('message', (text: string) => {
    const message = parseToRuntime(fromJson(text))
    switch (message?.kind) {
      case 'stop':
        return order.stop(0, message.drain ?? 0)
      case 'drop':
        return order.drop(DROPPED_CODE)
    }
  })

  const send = (message: FromRuntime) => port.postMessage(toJson(message))
  const ready = () => send({ kind: 'ready' })
  const report = (report: unknown) => send({ kind: 'report', report })
  const code = await runRuntime(spec, { order, ready, report }, start)
  Atomics.store(sockets, 0, CLOSED)
  Atomics.notify(sockets, 0)
  exit(code)
}

/** The user's code can read workerData as well, and may not see the token. */
function takeStart(): { spec: unknown; port: MessagePort; sockets: Int32Array } {
  const { spec, port, sockets } = isRecord(workerData) ? workerData : {}
  if (!(port instanceof MessagePort) || !(sockets instanceof SharedArrayBuffer)) {
    throw new TypeError('this module is run by ThreadLauncher, in a thread')
  }
  for (const key of Object.keys(workerData)) delete workerData[key]
  return { spec, port, sockets: new Int32Array(sockets) }
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
