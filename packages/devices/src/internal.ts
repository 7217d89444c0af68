export { type End, type Frames, Relay, type RelayOptions, type Tap } from './relay.js'
export { runRelayProcess, runRelayThread } from './relay-job.js'
