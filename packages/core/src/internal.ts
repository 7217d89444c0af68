export { type Clock, type Instant, systemClock, type Timer, TurnedClock } from './clock.js'
export { nameOf } from './comms/serving.js'
export { type Deadlines, Due } from './deadlines.js'
export { describe, invalidOption } from './errors.js'
export { Fifo } from './fifo.js'
export { herePlace, type Place } from './host.js'
export { stderrLogger } from './logger.js'
export { defaultFlow, defaultHandshake, defaultLiveness } from './options.js'
export { type Randomness, randomId, systemRandomness } from './random.js'
export { checkTimeout, checkUid } from './settings.js'
export { MemoryNetwork, type MemoryNetworkOptions } from './transport/memory-network.js'
export type {
  DialOptions,
  Frames,
  Inbound,
  ListenOptions,
  Outbound,
  OutboundEvents,
  ProbeVerdict,
  Scheme,
  Transport,
} from './transport/transport.js'
export { ZmqTransport } from './transport/zmq/zmq-transport.js'
export { Kind, type Message } from './wire/message.js'
export { MsgpackCodec } from './wire/msgpack-codec.js'
