import { type CommsOptions, SkeinError } from '@skein/core'
import { checkAddress, checkTimeout, checkUid, invalidOption, isLoopback } from '@skein/core/internal'
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
   * @default of a broker random: nobody can join before they are told its `token`. Workers and clients have to be told.
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
  /**
   * Where publishers connect, with PUB sockets of plain ZeroMQ: what they send is relayed to whoever subscribes. Binds
   * tcp, ipc or inproc; port 0 is any. Whoever reaches it can publish: it asks for no token.
   * @default none: nothing is relayed
   */
  readonly pubAddress?: string | undefined
  /** Where subscribers connect, with SUB sockets of plain ZeroMQ. Needed where there is a `pubAddress`. */
  readonly subAddress?: string | undefined
  /**
   * Where subscribers are told to connect, if that is not where it is bound: behind a wildcard, or a relay of others.
   * @default `subAddress`, with the port that it really has
   */
  readonly monAddress?: string | undefined
}

export interface RelayAddresses {
  readonly pubAddress: string
  readonly subAddress: string
  readonly monAddress?: string | undefined
}

const LAST_PORT = 65_535

const DEFAULT_NAME = 'broker'
const DEFAULT_TIMEOUT = 1000
const DEFAULT_MAX_QUEUED = 1000

const LEAST_TOKEN = 8
const MOST_TOKEN = 256

/** What is wrong is said without showing it. */
const token: Check = (option, given) => {
  if (typeof given === 'string' && given.length >= LEAST_TOKEN && given.length <= MOST_TOKEN) return
  const shown = typeof given === 'string' ? `a string of ${given.length} characters` : typeof given
  const allowed = `a string of ${LEAST_TOKEN} to ${MOST_TOKEN} characters`
  throw new SkeinError('ERR_INVALID_OPTION', `${option} is ${shown}; allowed: ${allowed}`, {
    ...{ option, given: shown, allowed },
  })
}

/** Of a name that is a uid in the mesh. @throws ERR_INVALID_UID */
const uid: Check = (option, given) => {
  try {
    checkUid(given)
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error
    const { given: shown = '', allowed = '' } = error
    throw new SkeinError(error.code, `${option} is ${shown}; allowed: ${allowed}`, {
      ...{ option, given: shown, allowed, cause: error },
    })
  }
}

/** Where the broker is. @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS */
export function brokerAddress(option: string, given: unknown): string {
  const allowed = "the broker's address, as tcp://127.0.0.1:5555"
  if (typeof given !== 'string' || given === '') throw invalidOption(option, given, allowed)
  // Those of a network within the process are for that to know.
  if (given.startsWith('mem://')) return given
  try {
    checkAddress(given, 'connect')
  } catch (cause) {
    const { message, given: shown = '' } = invalidOption(option, given, allowed)
    throw new SkeinError('ERR_INVALID_ADDRESS', message, { option, given: shown, allowed, cause })
  }
  return given
}

/** Where it was left out, nobody would ever answer. @throws ERR_INVALID_OPTION */
export function tokenGiven(given: unknown): void {
  const allowed = "the broker's token: what it was given, or says itself as broker.token"
  if (given === undefined) throw invalidOption('token', given, allowed)
  token('token', given)
}

const timeout: Check = (option, given) => {
  if (checkTimeout(option, given, 0) < Number.POSITIVE_INFINITY) return
  throw invalidOption(option, given, 'milliseconds, more than 0')
}

/** What is `anything` here the mesh checks. */
const SHARED = {
  ...{ token, timeout },
  ...{ transports: anything, advertise: anything, insecure: anything, farewellTimeout: anything },
  ...{ liveness: anything, handshake: anything, flow: anything },
}

const PARTS = { logger: anything, clock: anything, random: anything }

/** The names of a worker's or client's options, without those of its own. */
export const MEMBER_CHECKS = { broker: brokerAddress, name: uid, bind: anything, ...SHARED, ...PARTS }

/** Those that can stand in a file. */
export const CONFIG_CHECKS = {
  ...{ name: uid, address: parseAddress, maxQueued: checkCount },
  ...{ pubAddress: bindable, subAddress: bindable, monAddress: reachable },
  ...SHARED,
}

export interface BrokerSettings {
  readonly maxQueued: number
  readonly runtime: RuntimeOptions
  /** Undefined where nothing is relayed. */
  readonly relay: RelayAddresses | undefined
}

/** @throws ERR_INVALID_OPTION */
export function settleBroker(given: BrokerOptions): BrokerSettings {
  const checked = checkOptions(given, { ...CONFIG_CHECKS, ...PARTS })
  const { name, address, maxQueued, pubAddress, subAddress, monAddress, ...shared } = checked
  const at = address === undefined ? {} : parseAddress('address', address)
  if (address !== undefined && shared.insecure !== true)
    checkSecure('address', address, 'the links of its members are not encrypted')
  return {
    maxQueued: maxQueued ?? DEFAULT_MAX_QUEUED,
    relay: relayAddresses(given),
    runtime: { ...meshOptions(shared), uid: name ?? DEFAULT_NAME, roles: [ROLES.broker], ...at },
  }
}

/** @throws ERR_INVALID_OPTION if one is missing, ERR_INSECURE if others than this machine can reach it */
export function relayAddresses(given: BrokerOptions): RelayAddresses | undefined {
  const { pubAddress, subAddress, monAddress, insecure = false } = given
  if (pubAddress === undefined && subAddress === undefined && monAddress === undefined) return undefined
  if (pubAddress === undefined)
    throw invalidOption('pubAddress', pubAddress, 'an address, where subAddress is one')
  if (subAddress === undefined)
    throw invalidOption('subAddress', subAddress, 'an address, where pubAddress is one')
  if (!insecure) {
    checkSecure('pubAddress', pubAddress, RELAY_IS_OPEN)
    checkSecure('subAddress', subAddress, RELAY_IS_OPEN)
  }
  return { pubAddress, subAddress, monAddress }
}

const RELAY_IS_OPEN = 'a relay asks nobody for a token'

/** @param why it matters that others can reach it */
function checkSecure(option: string, given: string, why: string): void {
  const [, host] = /^tcp:\/\/(.+):/.exec(given) ?? []
  if (host === undefined || isLoopback(host)) return
  const text =
    `${option} is '${given}', which other machines can reach, and ${why}; ` +
    'bind a loopback address, or pass insecure: true if the network is trusted'
  throw new SkeinError('ERR_INSECURE', text, {
    option,
    given,
    allowed: 'a loopback address, or insecure: true',
  })
}

/** @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS */
function bindable(option: string, given: unknown): void {
  if (typeof given !== 'string')
    throw invalidOption(option, given, 'tcp://host:port, ipc:///path or inproc://name')
  checkAddress(given, 'bind')
}

/** @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS */
function reachable(option: string, given: unknown): void {
  if (typeof given !== 'string')
    throw invalidOption(option, given, 'an address that subscribers can connect to')
  checkAddress(given, 'connect')
}

/** What the runtime of a worker or client is made of. */
export function memberRuntime(
  { broker, name, bind, ...shared }: MemberOptions,
  role: string,
  makeName: () => string,
): RuntimeOptions {
  // Checked where it is given, but here also where it was left out.
  brokerAddress('broker', broker)
  tokenGiven(shared.token)
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
