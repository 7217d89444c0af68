export { MESH_METHODS, MeshContext } from './mesh-context.js'
export { SERVICE } from './neighbour.js'
export type { ContextParts } from './settings.js'
