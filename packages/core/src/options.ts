import { type Clock, systemClock } from './clock.js'
import { invalidOption, SkeinError } from './errors.js'
import { type Logger, stderrLogger } from './logger.js'
import { type Randomness, systemRandomness } from './random.js'
import type { Scheme } from './scheme.js'

/** How links judge their peers. All values in milliseconds; the defaults suit a LAN. */
export interface LivenessOptions {
  /**
   * Silence after which a peer is asked whether it is well.
   * @default 1000
   */
  heartInterval: number
  /**
   * Silence after which a peer whose connection stands counts as stalled: busy, not dead.
   * @default 2500: two hearts unanswered, and half an interval for the second to be answered.
   */
  stalledAfter: number
  /**
   * How often hands are shaken anew with a stalled peer.
   * @default 5000: whoever was frozen, and given up meanwhile, is back within that time; to a busy peer it is one small
   * message more.
   */
  greetInterval: number
  /**
   * How long a peer that can't be reached any more is suspected before it is declared dead.
   * @default 4000: with the heartbeat's two seconds, a frozen peer is known dead in 6, and a link that is plugged in
   * again within 4 costs nothing.
   */
  suspicion: number
  /**
   * Heartbeats of the control connection, exchanged below JavaScript.
   * @default 500
   */
  heartbeatInterval: number
  /**
   * Silence below JavaScript after which the control connection counts as lost.
   * @default 1500: three heartbeats.
   */
  heartbeatTimeout: number
  /**
   * How long a probe of an address waits for an answer.
   * @default 250: on one host the kernel answers in microseconds.
   */
  probeTimeout: number
}

/** How links are opened. All values in milliseconds. */
export interface HandshakeOptions {
  /**
   * How long a handshake may take, retries included.
   * @default 10 000
   */
  timeout: number
  /**
   * How long one endpoint is tried before the next.
   * @default 1000
   */
  dialTimeout: number
  /**
   * How long a greeting waits for its answer before it is made anew; doubles up to five times this.
   * @default 2000: twice the round trip of the worst network, and short beside the whole handshake.
   */
  answerTimeout: number
}

/** What may be under way to one peer. */
export interface FlowOptions {
  /**
   * Bytes sent and not acknowledged. One batch always passes, however large.
   * @default 8 MiB: a second's worth of a slow network, a few milliseconds of loopback.
   */
  windowBytes: number
  /**
   * Bytes posted and not acknowledged, those within the window included. What is over it waits or fails.
   * @default 64 MiB
   */
  outboxBytes: number
  /**
   * Messages posted and not acknowledged.
   * @default 100 000
   */
  outboxMessages: number
  /**
   * Bytes at which a batch is closed and another is begun.
   * @default 256 KiB: larger gains nothing, and delays the first message in it.
   */
  batchBytes: number
  /**
   * The longest time, in milliseconds, that an acknowledgement waits for a message to travel with.
   * @default 20
   */
  ackDelay: number
}

export interface CommsOptions {
  /** This runtime's name in the mesh: letters, digits, `_`, `-` and `.`, with indices behind colons: `worker:0:1`. */
  uid: string
  /**
   * What every member of the mesh knows and nobody else. A mesh runs code for whoever is in it: keep it secret.
   * @default random: nobody can join until they are told `meshToken`.
   */
  meshToken?: string | undefined
  /** What this runtime does for the mesh; shown to all. @default none */
  roles?: readonly string[] | undefined
  /**
   * Whether it introduces those who greet it to each other, as the monitor does.
   * @default false
   */
  introduces?: boolean | undefined
  /**
   * The lanes to offer. `inproc` serves threads of this process, `ipc` processes of this host; `mem` is the network of a
   * simulation.
   * @default inproc, ipc and tcp
   */
  transports?: readonly Scheme[] | undefined
  /** Address to bind for tcp. @default '127.0.0.1' */
  bind?: string | undefined
  /** Port to bind for tcp. @default the first free one from 3000 up */
  port?: number | undefined
  /**
   * Endpoints to tell others in place of the bound tcp one, where those differ: behind NAT, in a container.
   * @default what was bound
   */
  advertise?: string | readonly string[] | undefined
  /**
   * Allows an address that other machines can reach, although anybody who can read the traffic learns the mesh's token.
   * @default false
   */
  insecure?: boolean | undefined
  /** Deadline of a request that names none, in milliseconds; `Infinity` for none. @default 30 000 */
  timeout?: number | undefined
  /**
   * How long `stop` waits for what was posted to be acknowledged, in milliseconds.
   * @default 1000
   */
  farewellTimeout?: number | undefined
  liveness?: Partial<LivenessOptions> | undefined
  handshake?: Partial<HandshakeOptions> | undefined
  flow?: Partial<FlowOptions> | undefined
  /** @default warnings and errors to standard error */
  logger?: Logger | undefined
  /** @default the system's */
  clock?: Clock | undefined
  /** @default the system's */
  random?: Randomness | undefined
}

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
  readonly liveness: Readonly<LivenessOptions>
  readonly handshake: Readonly<HandshakeOptions>
  readonly flow: Readonly<FlowOptions>
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Randomness
}

export const defaultLiveness: Readonly<LivenessOptions> = Object.freeze({
  heartInterval: 1000,
  stalledAfter: 2500,
  greetInterval: 5000,
  suspicion: 4000,
  heartbeatInterval: 500,
  heartbeatTimeout: 1500,
  probeTimeout: 250,
})

export const defaultHandshake: Readonly<HandshakeOptions> = Object.freeze({
  timeout: 10_000,
  dialTimeout: 1000,
  answerTimeout: 2000,
})

export const defaultFlow: Readonly<FlowOptions> = Object.freeze({
  windowBytes: 8 * 1024 ** 2,
  outboxBytes: 64 * 1024 ** 2,
  outboxMessages: 100_000,
  batchBytes: 256 * 1024,
  ackDelay: 20,
})

const DEFAULT_TIMEOUT = 30_000
const DEFAULT_FAREWELL = 1000
const TRANSPORTS: readonly Scheme[] = ['inproc', 'ipc', 'tcp', 'mem']
const DEFAULT_TRANSPORTS = TRANSPORTS.filter((transport) => transport !== 'mem')

/** Checks what was given and fills in the rest. The one place where options are validated. */
export function settle(options: CommsOptions): CommsSettings {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object')
  checkNames(options)
  const random = options.random ?? systemRandomness
  const bind = options.bind ?? '127.0.0.1'
  if (typeof bind !== 'string' || bind === '')
    throw invalidOption('bind', bind, 'an IP address or a host name')
  const insecure = flag('insecure', options.insecure)
  if (!insecure && !isLoopback(bind)) {
    throw new SkeinError(
      'ERR_INSECURE',
      `bind is '${bind}', which other machines can reach, and there are no keys; ` +
        `bind a loopback address, or pass insecure: true if the network is trusted`,
      { option: 'bind', given: bind, allowed: 'localhost, 127.0.0.0/8, ::1, or insecure: true' },
    )
  }
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
    liveness: numbers('liveness', defaultLiveness, options.liveness, 1),
    handshake: numbers('handshake', defaultHandshake, options.handshake, 1),
    flow: numbers('flow', defaultFlow, options.flow, 0),
    logger: options.logger ?? stderrLogger,
    clock: options.clock ?? systemClock,
    random,
  }
}

/** Every option there is: a name that is none of them is most likely a slip. */
const NAMES: Record<keyof CommsOptions, true> = {
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
  farewellTimeout: true,
  liveness: true,
  handshake: true,
  flow: true,
  logger: true,
  clock: true,
  random: true,
}

function checkNames(options: CommsOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(NAMES, name)) continue
    throw invalidOption(name, value, `there is no such option; there are ${Object.keys(NAMES).join(', ')}`)
  }
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
    throw invalidOption('transports', wrong, `one or more of ${TRANSPORTS.join(', ')}`)
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
): Readonly<T> {
  if (given === undefined) return defaults
  if (typeof given !== 'object' || given === null) throw invalidOption(option, given, 'an object')
  const settled: Record<string, number> = { ...defaults } as Record<string, number>
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(settled, key)) {
      throw invalidOption(`${option}.${key}`, value, `one of ${Object.keys(defaults).join(', ')}`)
    }
    settled[key] = number(`${option}.${key}`, value, settled[key] ?? 0, least)
  }
  return settled as T
}
