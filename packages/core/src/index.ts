export type { ObjectCall, RequestOptions, SendOptions, ServiceCall } from './comms/calls.js'
export { type CurrentRequest, currentRequest } from './comms/current-request.js'
export type { Incoming } from './comms/incoming.js'
export type { StopOptions } from './comms/lifetime.js'
export type { PeerChange, PeerKind } from './comms/peer-change.js'
export { type ItemOf, Reply } from './comms/reply.js'
export type { PeerReport } from './comms/report.js'
export type { Dispatch } from './comms/serving.js'
export { type CommsEvents, CommsManager, type CommsParts } from './comms-manager.js'
export {
  type ErrorCode,
  type ErrorFacts,
  type Executed,
  RuntimeDisconnectedError,
  SkeinError,
} from './errors.js'
export type { DropReason } from './link/drops.js'
export { livenessPresets } from './liveness-presets.js'
export type { Logger } from './logger.js'
export type { CommsOptions, FlowOptions, HandshakeOptions, LivenessOptions } from './options.js'
export type { DeathReason } from './peer/peer-state.js'
export type { StreamBounds } from './stream/consumer.js'
export type { OfferedStream, StreamOutcome } from './stream/producer.js'
export { RemoteStream } from './stream/remote-stream.js'
export type { Codec, Copier, RemoteReferences, RemoteStreams, StreamSource } from './wire/codec.js'
export { defaultLimits, type Limits } from './wire/limits.js'
export type { DirectoryEntry } from './wire/message.js'
