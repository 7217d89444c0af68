export { type CurrentRequest, currentRequest, type StopOptions } from '@skein/core'
export type { Constructor, CreateOptions, CreateTarget } from './creation.js'
export { currentRuntime } from './current-runtime.js'
export type { DirectoryService } from './directory.js'
export type { Exposed, Middleware, Next } from './dispatcher.js'
export type { Items, MapOptions } from './map-options.js'
export { Mesh, type MeshEvents, type MeshOptions, type Progress } from './mesh.js'
export type { PoolOptions } from './open-pool.js'
export type { Pool, PoolEvents } from './pool.js'
export type { Redo } from './pool-crew.js'
export type { Work } from './pool-run.js'
export { release, withOptions } from './proxy.js'
export type {
  Remote,
  RemoteMethod,
  RemoteObject,
  RemoteResult,
  RemoteStreamReply,
} from './remote.js'
export type { NodeService } from './roles/node.js'
export type { WorkerReport, WorkersSpec } from './roles/workers.js'
export { Runtime } from './runtime.js'
export type { PeerEvents, RuntimeEvents } from './runtime-events.js'
export type { RuntimeOptions, RuntimeParts } from './runtime-options.js'
export type { StallPlace } from './stall-messages.js'
export type { Stall } from './stall-watch.js'
export type { RuntimeStats, StatsService } from './stats.js'
