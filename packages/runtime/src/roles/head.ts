import type { RuntimeSpec } from '../launcher.js'
import { Mesh, type MeshOptions } from '../mesh.js'
import type { RuntimeParts } from '../runtime-options.js'
import { type Role, startRole } from './role.js'

export interface Head extends Role {
  /** What the user's program is given. */
  readonly mesh: Mesh
}

/** Starts the head: the runtime of the user's program. */
export async function startHead(
  spec: RuntimeSpec,
  options: MeshOptions = {},
  parts?: RuntimeParts,
): Promise<Head> {
  const role = await startRole(spec, parts)
  return { ...role, mesh: new Mesh(role.runtime, options) }
}
