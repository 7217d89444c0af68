export { type AbortWatcher, abortReason, unwatchAbort, watchAbort } from './abort-watch.js'
export { withCallers } from './callers.js'
export {
  abortSignal,
  anything,
  type Check,
  type Checks,
  checkBytes,
  checkOptions,
  duration,
  flag,
  logger,
  timeLimit,
} from './checks.js'
export { type Clock, type Instant, inTime, systemClock, type Timer, TurnedClock } from './clock.js'
export { nameOf } from './comms/calls.js'
export { isGone } from './comms/peer-change.js'
export { Deadlines, Due } from './deadlines.js'
export { describe, invalidOption, messageOf, replacePath } from './errors.js'
export { Fifo } from './fifo.js'
export { herePlace, type Place } from './host.js'
export { IdTable } from './id-table.js'
export { isRecord } from './is-record.js'
export { Intake, type IntakeParts } from './link/intake.js'
export type { Link } from './link/link.js'
export type { LinkHost } from './link/link-host.js'
export { type Safeguards, safeguards } from './link/safeguards.js'
export { Secrets } from './link/secrets.js'
export { Writer } from './link/writer.js'
export { checkLogger, stderrLogger, withFacts } from './logger.js'
export { checkNames } from './option-names.js'
export { defaultFlow, defaultHandshake, defaultLiveness } from './options.js'
export { liveness } from './peer/liveness.js'
export type { PeerEvent } from './peer/peer-state.js'
export { Session, type Taking } from './peer/session.js'
export { type Randomness, randomId, systemRandomness } from './random.js'
export { COMMS_NAMES, checkTimeout, checkUid, isLoopback } from './settings.js'
export { MemoryNetwork, type MemoryNetworkOptions } from './transport/memory-network.js'
export type {
  DialOptions,
  Frames,
  Inbound,
  InboundEvents,
  ListenOptions,
  Outbound,
  OutboundEvents,
  ProbeVerdict,
  Scheme,
  Transport,
} from './transport/transport.js'
export { checkAddress } from './transport/zmq/addresses.js'
export type { InprocNames } from './transport/zmq/inproc-names.js'
export { ipcPath } from './transport/zmq/ipc-directory.js'
export type { PlainSocket } from './transport/zmq/plain-socket.js'
export type { Scavenging } from './transport/zmq/scavenges.js'
export {
  canReceive,
  canSend,
  isSocketKind,
  SOCKET_KINDS,
  type SocketKind,
  type SocketOption,
} from './transport/zmq/socket-kinds.js'
export { type SocketOptions, SocketSpace, type SocketSpaceOptions } from './transport/zmq/socket-space.js'
export { ZmqTransport } from './transport/zmq/zmq-transport.js'
export { atEndOfTurn } from './turn.js'
export { describeError, type ErrorValue, reviveError } from './wire/error-value.js'
export { readHeader, tokenOf } from './wire/header.js'
export { Kind, type Message } from './wire/message.js'
export { MsgpackCodec } from './wire/msgpack-codec.js'
