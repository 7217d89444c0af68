import type { StopOptions } from '@skein/core'
import type { Handler } from '../dispatcher.js'
import type { Ending, RuntimeSpec } from '../launcher.js'
import { Runtime, type RuntimeParts } from '../runtime.js'
import { optionsOf, type Role, running } from './role.js'
import { type WorkerReport, Workers, type WorkersOptions, type WorkersSpec } from './workers.js'

/** The built-in service of a node that starts and stops workers. */
export const NODE = 'skein.node'

/** `skein.node`, as seen through a proxy. Its methods are those of `Workers`. */
export interface NodeService {
  start(what: number | WorkersSpec): Promise<readonly string[]>
  stopWorker(uid: string, options?: StopOptions): Promise<Ending>
  list(): readonly WorkerReport[]
}

/** A node, and the workers that it has started. */
export interface Node extends Role {
  readonly workers: Workers
}

/**
 * Starts a node: starts and stops workers with the launcher that it is handed, and serves `skein.node`. When a worker
 * ends, the node tells the mesh at once; when the node is to end, it ends its workers first, and lets them drain.
 */
export async function startNode(
  spec: RuntimeSpec,
  options: WorkersOptions,
  parts: RuntimeParts = {},
): Promise<Node> {
  const runtime = new Runtime(optionsOf(spec), parts)
  const workers = new Workers(spec, {
    ...options,
    onEnd(uid, ending) {
      runtime.comms.obituary(uid)
      options.onEnd?.(uid, ending)
    },
  })
  const handlers: Record<keyof NodeService, Handler> = {
    start: ([what]) => workers.start(what),
    stopWorker: ([uid, options]) => workers.stop(uid, options),
    list: () => workers.list(),
  }
  runtime.provide(NODE, new Map(Object.entries(handlers)))
  const role = await running(runtime, spec, (drain) => workers.close({ drain }))
  return { ...role, workers }
}
