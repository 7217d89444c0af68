// What bin/pair-thread.mjs runs: serves until it is told to stop.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { systemOf } from '../systems/systems.js'
import type { ThreadStart } from './serving-thread.js'

export async function main(): Promise<void> {
  const { system, lane }: ThreadStart = workerData
  if (parentPort === null) throw new TypeError('this module is run in a thread')
  const serving = await systemOf(system).serve(lane)
  parentPort.postMessage(serving.endpoint)
  await once(parentPort, 'message')
  await serving.close()
  parentPort.close()
}
