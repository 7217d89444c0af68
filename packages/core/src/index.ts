export type { PeerChange, PeerKind } from './comms/introductions.js'
export { Reply } from './comms/replies.js'
export type { PeerReport } from './comms/report.js'
export type { ObjectCall, RequestOptions, SendOptions, ServiceCall } from './comms/requests.js'
export type { Dispatch, Incoming } from './comms/serving.js'
export { type CommsEvents, CommsManager, type CommsParts } from './comms-manager.js'
export {
  type ErrorCode,
  type ErrorFacts,
  type Executed,
  RuntimeDisconnectedError,
  SkeinError,
} from './errors.js'
export type { DropReason } from './link/drops.js'
export type { Logger } from './logger.js'
export type { CommsOptions, FlowOptions, HandshakeOptions, LivenessOptions } from './options.js'
export type { DeathReason } from './peer/liveness.js'
export type { Codec, RemoteReferences } from './wire/codec.js'
export { defaultLimits, type Limits } from './wire/limits.js'
export type { DirectoryEntry } from './wire/message.js'
