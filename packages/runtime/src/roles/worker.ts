import type { RuntimeSpec } from '../launcher.js'
import type { RuntimeParts } from '../runtime-options.js'
import { type Role, startRole } from './role.js'

/** Starts a worker: a home for the objects that others create. Resolves once the monitor knows it. */
export function startWorker(spec: RuntimeSpec, parts?: RuntimeParts): Promise<Role> {
  return startRole(spec, parts)
}
