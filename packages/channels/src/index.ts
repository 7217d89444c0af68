export { SkeinError } from '@skein/core'
export { Channel } from './channel.js'
export {
  type CloseReason,
  Connection,
  type ConnectionEvents,
  type ConnectionState,
} from './connection.js'
export { Connections } from './connections.js'
export { type BindOptions, ChannelContext, type ConnectOptions } from './context.js'
export type { MeshContext } from './mesh-context.js'
export type { ChannelType, MessageOf } from './message-format.js'
export type { ChannelNode } from './node.js'
export type { QueueParams, QueuePolicy } from './policy-queue.js'
export { portOfName } from './port-name.js'
export { PubChannel, type PubOptions } from './pub-channel.js'
export { type Methods, RepChannel } from './rep-channel.js'
export { type AskOptions, ReqChannel } from './req-channel.js'
export { type Merged, mergeSubChannels, type Readable, selectSubChannel } from './select.js'
export type { ContextOptions, WaitOptions } from './settings.js'
export { StateChannel, type StateOptions } from './state-channel.js'
export { SubChannel, type SubOptions } from './sub-channel.js'
