import type { Cluster as AnyCluster } from './cluster/cluster.js'
import type { LaunchedClusterOptions } from './cluster/launched-cluster.js'
import type { MemoryCluster, MemoryClusterOptions } from './cluster/memory-cluster.js'

/** A mesh for a test, whatever its runtimes are. */
export type Cluster = AnyCluster

/**
 * Meshes for tests, and for whoever tests a program on one:
 *
 * ```ts
 * const cluster = await Cluster.processes({ workers: 3 })
 * try {
 *   await cluster.kill(cluster.worker(1))
 * } finally {
 *   await cluster.close()
 * }
 * ```
 */
export const Cluster = {
  /** All runtimes in this process, on a simulated network: fast, and the same every time. */
  async memory(options: MemoryClusterOptions = {}): Promise<MemoryCluster> {
    const { MemoryCluster } = await import('./cluster/memory-cluster.js')
    return MemoryCluster.start(options)
  },

  /** A process each: they can be killed and frozen. */
  async processes(options: LaunchedClusterOptions = {}): Promise<AnyCluster> {
    const { LaunchedCluster, startProcess } = await launched()
    return LaunchedCluster.start(startProcess, options)
  },

  /** A thread of this process each. */
  async threads(options: LaunchedClusterOptions = {}): Promise<AnyCluster> {
    const { LaunchedCluster, startThread } = await launched()
    return LaunchedCluster.start(startThread, options)
  },
}

/** Loaded when it is needed: most tests want no mesh, and would wait for all of it. */
async function launched() {
  return { ...(await import('./cluster/launched-cluster.js')), ...(await import('./cluster/victims.js')) }
}
