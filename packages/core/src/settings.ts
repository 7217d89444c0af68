import { isIP } from 'node:net'
import { type Clock, systemClock } from './clock.js'
import { invalidOption, SkeinError } from './errors.js'
import { checkLogger, type Logger, stderrLogger } from './logger.js'
import { checkNames } from './option-names.js'
import {
  type CommsOptions,
  defaultFlow,
  defaultHandshake,
  defaultLiveness,
  type FlowOptions,
  type HandshakeOptions,
  type LivenessOptions,
} from './options.js'
import { type Randomness, systemRandomness } from './random.js'
import type { Scheme } from './scheme.js'

/** `CommsOptions` with every default filled in. */
export interface CommsSettings {
  readonly uid: string
  readonly meshToken: string
  readonly roles: readonly string[]
  readonly introduces: boolean
  readonly transports: readonly Scheme[]
  readonly bind: string
  readonly port: number | undefined
  readonly advertise: readonly string[]
  readonly timeout: number
  readonly farewellTimeout: number
  readonly insecure: boolean
  readonly requestContext: boolean
  readonly liveness: Readonly<LivenessOptions>
  readonly handshake: Readonly<HandshakeOptions>
  readonly flow: Readonly<FlowOptions>
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Randomness
}

const DEFAULT_TIMEOUT = 30_000
const DEFAULT_FAREWELL = 1000
const TRANSPORTS: readonly Scheme[] = ['inproc', 'ipc', 'tcp', 'mem']
const DEFAULT_TRANSPORTS = TRANSPORTS.filter((transport) => transport !== 'mem')

/** Checks what was given and fills in the rest. The one place where options are validated. */
export function settle(options: CommsOptions): CommsSettings {
  checkNames(options, Object.keys(COMMS_NAMES))
  const random = options.random ?? systemRandomness
  const insecure = flag('insecure', options.insecure)
  const bind = checkBind(options.bind, insecure)
  return {
    uid: checkUid(options.uid),
    meshToken: checkMeshToken(options.meshToken) ?? Buffer.from(random.bytes(24)).toString('base64url'),
    roles: checkRoles(options.roles),
    introduces: flag('introduces', options.introduces),
    transports: checkTransports(options.transports),
    bind,
    port: checkPort(options.port),
    advertise: options.advertise === undefined ? [] : [options.advertise].flat().map(checkAdvertised),
    timeout: checkTimeout('timeout', options.timeout, DEFAULT_TIMEOUT),
    farewellTimeout: number('farewellTimeout', options.farewellTimeout, DEFAULT_FAREWELL),
    insecure,
    requestContext: flag('requestContext', options.requestContext ?? true),
    liveness: checkLiveness(options.liveness),
    handshake: numbers('handshake', defaultHandshake, options.handshake, 1),
    flow: checkFlow(options.flow),
    logger: options.logger === undefined ? stderrLogger : checkLogger('logger', options.logger),
    clock: options.clock ?? systemClock,
    random,
  }
}

const MAY_BE_ZERO: ReadonlySet<string> = new Set<keyof LivenessOptions>(['heartSlack'])

/** Every option there is: a name that is none of them is most likely a slip. */
export const COMMS_NAMES: Record<keyof CommsOptions, true> = {
  uid: true,
  meshToken: true,
  roles: true,
  introduces: true,
  transports: true,
  bind: true,
  port: true,
  advertise: true,
  insecure: true,
  timeout: true,
  requestContext: true,
  farewellTimeout: true,
  liveness: true,
  handshake: true,
  flow: true,
  logger: true,
  clock: true,
  random: true,
}

const UID = /^[A-Za-z0-9][\w.-]*(:[\w.-]+)*$/
const UID_ALLOWED =
  "1 to 128 letters, digits, '_', '-' and '.', with indices behind colons, as in 'worker:0:1'"

export function checkUid(uid: unknown): string {
  if (typeof uid === 'string' && uid.length <= 128 && UID.test(uid)) return uid
  const { given } = invalidOption('uid', uid, UID_ALLOWED)
  throw new SkeinError('ERR_INVALID_UID', `uid is ${given}; allowed: ${UID_ALLOWED}`, {
    option: 'uid',
    given: given ?? '',
    allowed: UID_ALLOWED,
  })
}

/** A deadline in milliseconds: more than 0, `Infinity` for none. */
export function checkTimeout(option: string, given: unknown, otherwise: number): number {
  if (given === undefined) return otherwise
  if (typeof given === 'number' && given > 0) return given
  throw invalidOption(option, given, 'milliseconds, more than 0; Infinity for no deadline')
}

/** Each is worked out whenever a peer is looked at. */
const MOST_TRIES = 1000

function checkLiveness(given: CommsOptions['liveness']): Readonly<LivenessOptions> {
  const liveness = numbers('liveness', defaultLiveness, given, 1, MAY_BE_ZERO)
  const { heartTries, heartInterval, heartSlack, stalledAfter } = liveness
  const isCount = Number.isInteger(heartTries) && heartTries >= 2 && heartTries <= MOST_TRIES
  if (!isCount && heartTries !== Number.POSITIVE_INFINITY) {
    const allowed = `a whole number from 2 to ${MOST_TRIES}; Infinity for as many as it takes`
    throw invalidOption('liveness.heartTries', heartTries, allowed)
  }
  // A peer that has nothing to say is heard no more often than that, and would be stalled between two hearts.
  const silence = heartInterval + Math.min(heartSlack, heartInterval / 4)
  if (stalledAfter <= silence) {
    const allowed = `more than ${silence}: heartInterval, and what a heart may be late`
    throw invalidOption('liveness.stalledAfter', stalledAfter, allowed)
  }
  return liveness
}

/** A batch may hold as many values as bytes, and a reader takes so many values and no more. */
const MOST_BATCH_BYTES = 1024 ** 2

function checkFlow(given: CommsOptions['flow']): Readonly<FlowOptions> {
  const flow = numbers('flow', defaultFlow, given, 0)
  if (flow.batchBytes > MOST_BATCH_BYTES) {
    throw invalidOption('flow.batchBytes', flow.batchBytes, `bytes, at most ${MOST_BATCH_BYTES}`)
  }
  if (flow.maxRunning < 1) throw invalidOption('flow.maxRunning', flow.maxRunning, '1 or more')
  return flow
}

const BIND_ALLOWED = "an IP address or a host name, without scheme and port (which is the option 'port')"

function checkBind(given: unknown, insecure: boolean): string {
  if (given === undefined) return '127.0.0.1'
  const host = typeof given === 'string' ? given.replace(/^\[(.+)\]$/, '$1') : ''
  if (isIP(host) === 0 && host !== '*' && !HOST_NAME.test(host))
    throw invalidOption('bind', given, BIND_ALLOWED)
  if (insecure || isLoopback(host)) return host
  const can = HOST_NAME.test(host) ? 'may be able to reach' : 'can reach'
  throw new SkeinError(
    'ERR_INSECURE',
    `bind is '${host}', which other machines ${can}, and there are no keys; ` +
      `bind a loopback address, or pass insecure: true if the network is trusted`,
    { option: 'bind', given: host, allowed: 'localhost, 127.0.0.0/8, ::1, or insecure: true' },
  )
}

/** Labels with dots between them. The last is no number, lest an address with a slip in it is looked up as a name. */
const HOST_NAME = /^[\w-]+(\.[\w-]+)*(?<!(^|\.)\d+)\.?$/

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

function checkTransports(given: unknown): CommsSettings['transports'] {
  if (given === undefined) return DEFAULT_TRANSPORTS
  const list: unknown[] = Array.isArray(given) ? given : [given]
  const chosen = TRANSPORTS.filter((transport) => list.includes(transport))
  if (chosen.length === 0 || chosen.length !== new Set(list).size) {
    const wrong = list.length === 0 ? given : list.find((each) => !TRANSPORTS.some((name) => name === each))
    throw invalidOption('transports', wrong, `one or more of ${DEFAULT_TRANSPORTS.join(', ')}`)
  }
  return chosen
}

function checkPort(given: unknown): number | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= 65_535) return given
  throw invalidOption(
    'port',
    given,
    'a whole number from 0 (any free port) to 65535; left out: the first free from 3000',
  )
}

function checkAdvertised(given: unknown): string {
  const parts = typeof given === 'string' ? /^(?:tcp:\/\/.+:(\d{1,5})|ipc:\/\/.+)$/.exec(given) : null
  if (parts !== null && Number(parts[1] ?? 0) <= 65_535) return parts[0]
  throw invalidOption('advertise', given, 'endpoints such as tcp://10.0.0.5:3000')
}

/** Does not say what was given: it may be nearly right. */
function checkMeshToken(given: unknown): string | undefined {
  if (given === undefined || isText(given, 8, 256)) return given
  const shown = typeof given === 'string' ? `a string of ${given.length} characters` : typeof given
  const allowed = 'a string of 8 to 256 characters'
  throw new SkeinError('ERR_INVALID_OPTION', `meshToken is ${shown}; allowed: ${allowed}`, {
    option: 'meshToken',
    given: shown,
    allowed,
  })
}

function checkRoles(given: unknown): readonly string[] {
  if (given === undefined) return []
  if (Array.isArray(given) && given.every((role) => isText(role, 1, 64))) return [...given]
  const wrong: unknown = Array.isArray(given) ? given.find((role) => !isText(role, 1, 64)) : given
  throw invalidOption('roles', wrong, 'an array of strings of 1 to 64 characters')
}

function isText(given: unknown, least: number, most: number): given is string {
  return typeof given === 'string' && given.length >= least && given.length <= most
}

function flag(option: string, given: unknown): boolean {
  if (given === undefined) return false
  if (typeof given === 'boolean') return given
  throw invalidOption(option, given, 'true or false')
}

function number(option: string, given: unknown, otherwise: number, least: 0 | 1 = 0): number {
  if (given === undefined) return otherwise
  if (typeof given === 'number' && Number.isFinite(given) && given >= least) return given
  throw invalidOption(option, given, `a finite number, ${least} or more`)
}

function numbers<T extends object>(
  option: string,
  defaults: Readonly<T>,
  given: Partial<T> | undefined,
  least: 0 | 1,
  mayBeZero: ReadonlySet<string> = new Set(),
): Readonly<T> {
  if (given === undefined) return defaults
  if (typeof given !== 'object' || given === null) throw invalidOption(option, given, 'an object')
  const settled: Record<string, number> = { ...defaults } as Record<string, number>
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(settled, key)) {
      throw invalidOption(`${option}.${key}`, value, `one of ${Object.keys(defaults).join(', ')}`)
    }
    const otherwise = settled[key] ?? 0
    // What has no end by default may be given none.
    if (value === Number.POSITIVE_INFINITY && value === otherwise) continue
    settled[key] = number(`${option}.${key}`, value, otherwise, mayBeZero.has(key) ? 0 : least)
  }
  return settled as T
}
