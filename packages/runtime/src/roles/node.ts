import { SkeinError, type StopOptions } from '@skein/core'
import type { Handler } from '../dispatcher.js'
import type { Ending, RuntimeSpec } from '../launcher.js'
import { Runtime } from '../runtime.js'
import type { RuntimeParts } from '../runtime-options.js'
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
  const { comms } = runtime
  /** Of the workers that have joined. One that never did may have found its uid held by another, who lives on. */
  const instances = new Map<string, string | undefined>()
  comms.on('peer', ({ uid, instance }) => void (instances.has(uid) && instances.set(uid, instance)))
  const workers = new Workers(spec, {
    ...options,
    onReady(uid) {
      instances.set(uid, comms.entryOf(uid)?.instance)
      options.onReady?.(uid)
    },
    onEnd(uid, ending) {
      const instance = instances.get(uid)
      instances.delete(uid)
      if (instance !== undefined) comms.obituary(uid, instance)
      options.onEnd?.(uid, ending)
    },
  })
  const handlers: Record<keyof NodeService, Handler> = {
    start: ([what], request) =>
      workers.start(what).catch((error) => {
        throw isStopping(error, spec.uid) ? request.refuse(error) : error
      }),
    stopWorker: ([uid, options]) => workers.stop(uid, options),
    list: () => workers.list(),
  }
  runtime.provide(NODE, new Map(Object.entries(handlers)))
  const role = await running(runtime, spec, (drain) => workers.close({ drain }))
  return { ...role, workers }
}

/** Whether a start was not begun because the node itself is stopping; of any other error, some of it may have been. */
function isStopping(error: unknown, node: string): error is SkeinError {
  return error instanceof SkeinError && error.code === 'ERR_CLOSED' && error.uid === node
}
