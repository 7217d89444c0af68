import { type LivenessOptions, type Logger, SkeinError } from '@skein/core'
import {
  abortSignal,
  type Clock,
  checkLogger,
  checkNames,
  checkTimeout,
  invalidOption,
  type Place,
  type Randomness,
  type Scheme,
  stderrLogger,
  systemClock,
  systemRandomness,
  type Transport,
} from '@skein/core/internal'
import { checkQueue, DEFAULT_QUEUE, type QueueParams } from './policy-queue.js'

export interface ContextOptions {
  /**
   * Size and policy of the queues: of a context that is not connected, of each connection, and of each channel that says
   * nothing else.
   * @default [10000, 'old']
   */
  readonly queue?: QueueParams | undefined
  /**
   * What all contexts that may connect to each other know, and nobody else: 8 to 256 characters.
   * @default on this machine, a secret that the processes of the same user share. For addresses that other machines can
   * reach there is none.
   */
  readonly token?: string | undefined
  /**
   * Allows addresses that other machines can reach, although whoever can read the traffic learns the token.
   * @default false
   */
  readonly insecure?: boolean | undefined
  /** How connections judge the other side. @default those of a CommsManager */
  readonly liveness?: Partial<LivenessOptions> | undefined
  /** @default warnings and errors to standard error */
  readonly logger?: Logger | undefined
  /** @default the system's */
  readonly clock?: Clock | undefined
  /** @default the system's */
  readonly random?: Randomness | undefined
}

/** What a test puts in place of the network. */
export interface ContextParts {
  /** Each connection has one of its own. @default ZeroMQ */
  readonly transport?: (() => Transport) | undefined
  /** @default ipc and tcp */
  readonly schemes?: readonly Scheme[] | undefined
  /** @default here */
  readonly place?: Place | undefined
}

export interface NodeSettings {
  /**
   * Whether what comes from one neighbour is passed on to others. In a mesh everyone is everyone's neighbour.
   */
  readonly relays: boolean
  readonly queue: QueueParams
  readonly liveness: Partial<LivenessOptions> | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Randomness
}

export interface ContextSettings extends NodeSettings, ContextParts {
  readonly token: string | undefined
  readonly insecure: boolean
}

/** Every option there is: a name that is none of them is most likely a slip. */
const NAMES: Record<keyof ContextOptions, true> = {
  queue: true,
  token: true,
  insecure: true,
  liveness: true,
  logger: true,
  clock: true,
  random: true,
}

const WAIT_NAMES = ['timeout', 'signal']

/** @throws ERR_INVALID_OPTION; what is passed on to a CommsManager is checked there, at the first connection. */
export function settle(options: ContextOptions, parts: ContextParts): ContextSettings {
  checkNames(options, Object.keys(NAMES))
  const { queue, token, insecure = false } = options
  if (typeof insecure !== 'boolean') throw invalidOption('insecure', insecure, 'true or false')
  if (token !== undefined && (typeof token !== 'string' || token.length < 8 || token.length > 256)) {
    // Does not say what was given: it may be nearly right.
    const given = typeof token === 'string' ? `a string of ${token.length} characters` : `a ${typeof token}`
    const allowed = 'a string of 8 to 256 characters'
    throw new SkeinError('ERR_INVALID_OPTION', `token is ${given}; allowed: ${allowed}`, {
      option: 'token',
      given,
      allowed,
    })
  }
  return {
    ...parts,
    relays: true,
    queue: checkQueue(queue, DEFAULT_QUEUE),
    token,
    insecure,
    liveness: options.liveness,
    logger: options.logger === undefined ? stderrLogger : checkLogger('logger', options.logger),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandomness,
  }
}

/** How long something is waited for. */
export interface WaitOptions {
  /** Milliseconds. @default Infinity */
  readonly timeout?: number | undefined
  /** Gives it up when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

export interface Wait {
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** @throws ERR_INVALID_OPTION */
export function checkWait(options: WaitOptions = {}): Wait {
  checkNames(options, WAIT_NAMES)
  const { timeout, signal } = options
  if (signal !== undefined) abortSignal('signal', signal)
  return { timeout: checkTimeout('timeout', timeout, Number.POSITIVE_INFINITY), signal }
}
