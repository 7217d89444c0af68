import { type CommsOptions, SkeinError } from '@skein/core'
import { checkTimeout, invalidOption } from '@skein/core/internal'
import { anything, type Check, checkCount, checkOptions, type RuntimeOptions } from '@skein/runtime/internal'
import { ROLES } from './contract.js'
import { livenessFor } from './patience.js'

/** Options that are the mesh's own, passed on as they are; `docs/guide.md` has each with its default. */
type Passed = Pick<
  CommsOptions,
  | 'transports'
  | 'advertise'
  | 'insecure'
  | 'liveness'
  | 'handshake'
  | 'flow'
  | 'farewellTimeout'
  | 'logger'
  | 'clock'
  | 'random'
>

/** What all of a broker's mesh can be told. */
export interface SharedOptions extends Passed {
  /**
   * What every member knows and nobody else: the mesh's token. Keep it secret.
   * @default random: nobody can join before they are told the broker's `token`
   */
  readonly token?: string | undefined
  /**
   * Milliseconds of silence after which a beat is asked of the other side. One that says nothing is expired after five;
   * one that is only busy never is, and one that has crashed is known at once.
   * @default 1000
   */
  readonly timeout?: number | undefined
}

/** What workers and clients can be told. */
export interface MemberOptions extends SharedOptions {
  /** The broker's address. */
  readonly broker: string
  /** Its uid in the mesh. One of all workers and clients of a broker. */
  readonly name?: string | undefined
  /** Address to bind for tcp: the broker connects to its members, too. @default '127.0.0.1' */
  readonly bind?: string | undefined
}

export interface BrokerOptions extends SharedOptions {
  /** Its uid in the mesh. @default 'broker' */
  readonly name?: string | undefined
  /**
   * The tcp endpoint to listen at; port 0 is any. On the same host workers and clients come by ipc nevertheless, and in
   * the same process by inproc.
   * @default the first free port of 127.0.0.1 from 3000 up
   */
  readonly address?: string | undefined
  /**
   * How many requests wait at each service while all slots are taken; more are refused with ERR_OVERLOADED.
   * @default 1000: at a hundredth of a second each, some ten seconds of work for one slot.
   */
  readonly maxQueued?: number | undefined
}

const LAST_PORT = 65_535

const DEFAULT_NAME = 'broker'
const DEFAULT_TIMEOUT = 1000
const DEFAULT_MAX_QUEUED = 1000

const text: Check = (option, given) => {
  if (typeof given !== 'string' || given === '') throw invalidOption(option, given, 'a string')
}

const timeout: Check = (option, given) => {
  if (checkTimeout(option, given, 0) < Number.POSITIVE_INFINITY) return
  throw invalidOption(option, given, 'milliseconds, more than 0')
}

/** What is `anything` here the mesh checks. */
const SHARED = {
  ...{ token: anything, timeout },
  ...{ transports: anything, advertise: anything, insecure: anything, farewellTimeout: anything },
  ...{ liveness: anything, handshake: anything, flow: anything },
}

const PARTS = { logger: anything, clock: anything, random: anything }

/** The names of a worker's or client's options, without those of its own. */
export const MEMBER_CHECKS = { broker: text, name: anything, bind: anything, ...SHARED, ...PARTS }

/** Those that can stand in a file. */
export const CONFIG_CHECKS = { name: anything, address: parseAddress, maxQueued: checkCount, ...SHARED }

export interface BrokerSettings {
  readonly maxQueued: number
  readonly runtime: RuntimeOptions
}

/** @throws ERR_INVALID_OPTION */
export function settleBroker(given: BrokerOptions): BrokerSettings {
  const { name, address, maxQueued, ...shared } = checkOptions(given, { ...CONFIG_CHECKS, ...PARTS })
  const at = address === undefined ? {} : parseAddress('address', address)
  return {
    maxQueued: maxQueued ?? DEFAULT_MAX_QUEUED,
    runtime: { ...meshOptions(shared), uid: name ?? DEFAULT_NAME, roles: [ROLES.broker], ...at },
  }
}

/** What the runtime of a worker or client is made of. */
export function memberRuntime(
  { broker, name, bind, ...shared }: MemberOptions,
  role: string,
  makeName: () => string,
): RuntimeOptions {
  text('broker', broker)
  // Any free port: where members are many, looking for the first one takes as many tries as there are before.
  return { ...meshOptions(shared), uid: name ?? makeName(), roles: [role], monitor: broker, bind, port: 0 }
}

function meshOptions({ token, timeout = DEFAULT_TIMEOUT, liveness, ...passed }: SharedOptions) {
  return { ...passed, meshToken: token, liveness: { ...livenessFor(timeout), ...liveness }, stats: false }
}

/** @throws ERR_INVALID_ADDRESS */
export function parseAddress(
  option: string,
  given: unknown,
): { readonly bind: string; readonly port: number } {
  const parts =
    typeof given === 'string' ? /^tcp:\/\/(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(given) : null
  const [, bracketed, plain, port] = parts ?? []
  const bind = bracketed ?? plain
  if (bind !== undefined && Number(port) <= LAST_PORT) return { bind, port: Number(port) }
  const allowed = 'tcp://host:port, with port 0 for any'
  const { message, given: shown = '' } = invalidOption(option, given, allowed)
  throw new SkeinError('ERR_INVALID_ADDRESS', message, { option, given: shown, allowed })
}
