import type { StopOptions } from '@skein/core'
import type { RuntimeSpec } from '../launcher.js'
import { Runtime } from '../runtime.js'
import type { RuntimeOptions, RuntimeParts } from '../runtime-options.js'

/** A runtime that runs and does something for the mesh. */
export interface Role {
  readonly runtime: Runtime
  /** Ends it, and what it has started. May be called twice and from anywhere. See `Runtime.stop`. */
  stop(options?: StopOptions): Promise<void>
  /** Resolves when it has ended, of its own accord or because a peer asked it to. */
  readonly ended: Promise<void>
  /** Resolves when it has ended because a peer asked it to. */
  readonly dismissed: Promise<void>
}

/** The options of a runtime that is started by a spec. They come from elsewhere: the runtime checks them. */
export function optionsOf(spec: RuntimeSpec): RuntimeOptions {
  const { uid, role, monitor, meshToken, comms, stallReports } = spec
  return { ...comms, uid, meshToken, monitor, stallReports, roles: [role], introduces: role === 'monitor' }
}

/** How long what runs may take to end when a runtime is told to, in milliseconds. */
export function drainOf({ drain = DEFAULT_DRAIN }: RuntimeSpec): number {
  return drain
}

/** Most calls take far less, and those who stop services wait about as long before they kill. */
const DEFAULT_DRAIN = 10_000

/** Starts a runtime that ends when a peer asks it to. */
export async function startRole(spec: RuntimeSpec, parts: RuntimeParts = {}): Promise<Role> {
  return running(new Runtime(optionsOf(spec), parts), spec)
}

/**
 * Starts `runtime` and makes a role of it.
 *
 * @param before what to end before the runtime itself; given the milliseconds that what runs may take
 */
export async function running(
  runtime: Runtime,
  spec: RuntimeSpec,
  before?: (drain: number) => Promise<void>,
): Promise<Role> {
  const { clock } = runtime
  const ended = new Promise<void>((resolve) => runtime.once('close', resolve))
  let stopped: Promise<void> | undefined
  const end = async (drain: number): Promise<void> => {
    // At once where nothing is to end before: what comes behind the order is refused.
    if (before === undefined) return runtime.stop({ drain })
    const until = clock.now() + drain
    try {
      await before(drain)
    } finally {
      await runtime.stop({ drain: Math.max(0, until - clock.now()) })
    }
  }
  const stop = ({ drain = 0 }: StopOptions = {}): Promise<void> => {
    stopped ??= end(drain)
    return stopped
  }
  const dismissed = new Promise<void>((resolve) => {
    runtime.on('stop', () => {
      void ended.then(resolve)
      void stop({ drain: drainOf(spec) })
    })
  })
  await runtime.start()
  return { runtime, stop, ended, dismissed }
}
