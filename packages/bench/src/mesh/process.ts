import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '@skein/test-harness'
import type { Asked, News, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/mesh-host.mjs', import.meta.url))

export type MeshProcess = OrderedProcess<Order, Asked, News>

/** Processes for runtimes of a mesh, for as long as `work` takes: none is left then, whatever happens. */
export async function withProcesses<Value>(
  count: number,
  work: (processes: readonly MeshProcess[]) => Promise<Value>,
): Promise<Value> {
  const processes = Array.from({ length: count }, (): MeshProcess => {
    return new OrderedProcess({ main: MAIN, of: 'the bench', stop: { kind: 'stop' } }, () => {})
  })
  try {
    await Promise.all(processes.map(({ ready }) => ready))
    return await work(processes)
  } finally {
    await Promise.all(processes.map((one) => one.end()))
  }
}
