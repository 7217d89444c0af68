import { fileURLToPath } from 'node:url'
import { type BenchProcess, withProcessesOf } from '../processes.js'
import type { Asked, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/mesh-host.mjs', import.meta.url))

export type MeshProcess = BenchProcess<Order, Asked>

/** Processes for runtimes of a mesh, for as long as `work` takes. As `withProcessesOf`. */
export function withProcesses<Value>(
  count: number,
  signal: AbortSignal,
  work: (processes: readonly MeshProcess[]) => Promise<Value>,
): Promise<Value> {
  return withProcessesOf(MAIN, { kind: 'stop' }, count, signal, work)
}
