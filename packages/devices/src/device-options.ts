import type { Logger } from '@skein/core'
import {
  anything,
  type Check,
  type Checks,
  canReceive,
  canSend,
  flag,
  invalidOption,
  isSocketKind,
  logger,
  SOCKET_KINDS,
  type SocketKind,
  type SocketSpace,
} from '@skein/core/internal'

/** The pairs of sockets that are wanted most. */
export const DEVICE_TYPES = {
  /** Requests of many clients to many workers, and their answers back. */
  queue: { in: 'router', out: 'dealer' },
  /** What is published, one way, and what is subscribed to, the other. */
  forwarder: { in: 'xsub', out: 'xpub' },
  /** Work to whoever is free. */
  streamer: { in: 'pull', out: 'push' },
} as const satisfies Record<string, { in: SocketKind; out: SocketKind }>

export type DeviceType = keyof typeof DEVICE_TYPES

export type RunnerKind = 'inline' | 'thread' | 'process'

const RUNNERS: readonly RunnerKind[] = ['inline', 'thread', 'process']

export interface DeviceOptions {
  /** The kinds of both sockets by one word, in place of `in` and `out`. */
  readonly type?: DeviceType | undefined
  readonly in?: SocketKind | undefined
  /** @default none: `in` is both sides, and what comes in goes out there */
  readonly out?: SocketKind | undefined
  /**
   * Where it runs: in this thread, in one of its own, or in a process of its own, which shares no inproc names with this
   * one.
   * @default 'thread': it goes on while this thread's event loop is busy
   */
  readonly runner?: RunnerKind | undefined
  /**
   * Whether the process may end while it runs, which ends it. An inline one keeps the process alive until it is stopped,
   * and so does one in a thread with an inproc address.
   * @default true
   */
  readonly daemon?: boolean | undefined
  /**
   * Of an inline one, whose sockets they are. What is in other threads and processes has its own.
   * @default a space of its own in the ZeroMQ context that all threads of the process share
   */
  readonly contextFactory?: (() => SocketSpace) | undefined
  /** @default standard error */
  readonly logger?: Logger | undefined
}

const factory: Check = (option, given) => {
  if (typeof given !== 'function') throw invalidOption(option, given, 'a function that returns a SocketSpace')
}

/** What is `anything` here is checked below, or by the class that has it. */
export const DEVICE_CHECKS = {
  type: anything,
  in: anything,
  out: anything,
  runner: anything,
  daemon: flag,
  contextFactory: factory,
  logger,
} as const satisfies Checks & Record<keyof DeviceOptions, Check>

export function runnerOf({ runner = 'thread', contextFactory }: DeviceOptions): RunnerKind {
  if (!RUNNERS.includes(runner)) throw invalidOption('runner', runner, RUNNERS.join(', '))
  if (contextFactory !== undefined && runner !== 'inline')
    throw invalidOption('runner', runner, "'inline' where there is a contextFactory")
  return runner
}

export function kindsOf({ type, in: input, out }: DeviceOptions): {
  in: SocketKind
  out: SocketKind | undefined
} {
  if (type !== undefined) {
    if (!Object.hasOwn(DEVICE_TYPES, type))
      throw invalidOption('type', type, Object.keys(DEVICE_TYPES).join(', '))
    if (input !== undefined || out !== undefined)
      throw invalidOption('type', type, 'undefined where `in` and `out` are given')
    return DEVICE_TYPES[type]
  }
  const kinds = SOCKET_KINDS.join(', ')
  if (!isSocketKind(input)) throw invalidOption('in', input, `${kinds}; or \`type\``)
  if (out !== undefined && !isSocketKind(out)) throw invalidOption('out', out, `${kinds}; or undefined`)
  const other = out ?? input
  if (!(canReceive(input) && canSend(other)) && !(canReceive(other) && canSend(input)))
    throw invalidOption('out', out, `a kind that a ${input} can send to, or receive from`)
  return { in: input, out }
}
