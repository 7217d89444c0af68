import type { RuntimeSpec } from '../launcher.js'
import type { RuntimeParts } from '../runtime-options.js'
import { type Role, startRole } from './role.js'

/**
 * Starts the monitor: introduces all who greet it to each other, and serves `skein.directory`. `runtime.comms.address`
 * is what the others are to be told.
 */
export function startMonitor(spec: RuntimeSpec, parts?: RuntimeParts): Promise<Role> {
  return startRole(spec, parts)
}
