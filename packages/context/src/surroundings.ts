import type { Logger } from '@skein/core'
import {
  type Clock,
  checkLogger,
  checkNames,
  type Deadlines,
  invalidOption,
  type SocketOptions,
  type SocketSpace,
} from '@skein/core/internal'
import type { Dispatch } from './dispatch/dispatch.js'
import { checkFlag, type EndpointOptions } from './options.js'
import { type CodecChoice, codecOf, type FrameCodec } from './payload/codec.js'

/** What is closed with the Context that made it. */
export interface Closable {
  close(): Promise<void>
}

/** What a Context lends to all that is added to it. */
export interface Surroundings {
  readonly space: SocketSpace
  readonly dispatch: Dispatch
  /** What is open: it leaves when it is closed by itself. */
  readonly inbound: Set<Closable>
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly logger: Logger
  readonly codec: CodecChoice
  /** Milliseconds. */
  readonly linger: number
}

/** `EndpointOptions` with every default filled in. */
export interface EndpointSettings {
  readonly bind: boolean
  readonly codec: FrameCodec
  readonly logger: Logger
  readonly socketOptions: SocketOptions
}

/** Of `EndpointOptions`, what every endpoint has; whoever encodes has `codec` as well. */
const NAMES: readonly (keyof EndpointOptions)[] = ['bind', 'logger', 'socketOptions']

/** A socket of ours is waited for as long as it takes: one that gave up would be taken for one that is closed or lost. */
const REFUSED = ['receiveTimeout', 'sendTimeout']

/**
 * @param more names of options that are allowed beside those of every endpoint
 * @throws ERR_INVALID_OPTION
 */
export function settleEndpoint(
  endpoint: string,
  options: EndpointOptions,
  { codec, logger, linger }: Surroundings,
  bind: boolean,
  more: readonly string[],
): EndpointSettings {
  if (typeof endpoint !== 'string')
    throw invalidOption('endpoint', endpoint, 'tcp://host:port, ipc:///path or inproc://name')
  checkNames(options, [...NAMES, ...more])
  for (const name of REFUSED) {
    const given = options.socketOptions?.[name]
    if (given !== undefined)
      throw invalidOption(name, given, 'none: a socket is waited for as long as it takes')
  }
  return {
    bind: checkFlag('bind', options.bind, bind),
    codec: codecOf(options.codec ?? codec),
    logger: options.logger === undefined ? logger : checkLogger('logger', options.logger),
    socketOptions: { linger, ...options.socketOptions },
  }
}
