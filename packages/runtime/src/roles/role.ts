import type { RuntimeSpec } from '../launcher.js'
import { Runtime, type RuntimeOptions, type RuntimeParts } from '../runtime.js'

/** A runtime that runs and does something for the mesh. */
export interface Role {
  readonly runtime: Runtime
  /** Ends it, and what it has started. May be called twice and from anywhere. */
  stop(): Promise<void>
  /** Resolves when it has ended, of its own accord or because a peer asked it to. */
  readonly ended: Promise<void>
}

/** The options of a runtime that is started by a spec. They come from elsewhere: the runtime checks them. */
export function optionsOf(spec: RuntimeSpec): RuntimeOptions {
  const { uid, role, monitor, meshToken, comms } = spec
  return { ...comms, uid, meshToken, monitor, roles: [role], introduces: role === 'monitor' }
}

/** Starts a runtime that ends when a peer asks it to. */
export async function startRole(spec: RuntimeSpec, parts: RuntimeParts = {}): Promise<Role> {
  return running(new Runtime(optionsOf(spec), parts))
}

/**
 * Starts `runtime` and makes a role of it.
 *
 * @param before what to end before the runtime itself
 */
export async function running(runtime: Runtime, before: () => Promise<void> = async () => {}): Promise<Role> {
  const ended = new Promise<void>((resolve) => runtime.once('close', resolve))
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= before().finally(() => runtime.stop())
    return stopped
  }
  runtime.on('stop', () => void stop())
  await runtime.start()
  return { runtime, stop, ended }
}
