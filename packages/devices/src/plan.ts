import { isRecord, isSocketKind, type SocketKind, type SocketOption } from '@skein/core/internal'

/** A range of ports, of which the first that is free is taken, from one on that is drawn by lot. */
export interface PortRange {
  /** @default 49152: where those begin that are registered to nobody */
  readonly min?: number | undefined
  /** The port after the last. @default 65536 */
  readonly max?: number | undefined
  /** @default 100 */
  readonly maxTries?: number | undefined
}

export interface Binding {
  readonly address: string
  /** Where the address leaves the port to it. */
  readonly ports?: Required<PortRange> | undefined
}

/** What is to be done to make a socket. Plain values: it may be made in another process. */
export interface SocketPlan {
  readonly kind: SocketKind
  readonly options: readonly (readonly [name: string, value: SocketOption])[]
  readonly binds: readonly Binding[]
  readonly connects: readonly string[]
  /** Of a `sub` socket, as base64. */
  readonly subscriptions: readonly string[]
}

/** A relay, and what belongs to it. */
export interface RelayPlan {
  readonly in: SocketPlan
  /** Where there is none, `in` is both. */
  readonly out?: SocketPlan | undefined
  readonly monitor?: SocketPlan | undefined
  /** What copies for the monitor begin with, as base64. */
  readonly prefixes?: { readonly in: string; readonly out: string } | undefined
  /** Whether the first two frames change places. */
  readonly swaps?: boolean | undefined
  readonly control?: SocketPlan | undefined
}

/** Makes sure that what has come from another thread or process is a plan. @throws TypeError */
export function parsePlan(given: unknown): RelayPlan {
  if (!isRecord(given)) throw new TypeError('a relay plan is an object')
  const { prefixes } = given
  return {
    in: parseSocket(given.in),
    out: optional(given.out, parseSocket),
    monitor: optional(given.monitor, parseSocket),
    control: optional(given.control, parseSocket),
    swaps: given.swaps === true,
    prefixes: optional(prefixes, (it) => {
      if (!isRecord(it) || typeof it.in !== 'string' || typeof it.out !== 'string')
        throw new TypeError('prefixes are two texts')
      return { in: it.in, out: it.out }
    }),
  }
}

function parseSocket(given: unknown): SocketPlan {
  if (!isRecord(given)) throw new TypeError('a socket plan is an object')
  const { kind, options, binds, connects, subscriptions } = given
  if (!isSocketKind(kind)) throw new TypeError('a socket plan has a kind')
  return {
    kind,
    options: list(options, parseOption),
    binds: list(binds, parseBinding),
    connects: list(connects, parseText),
    subscriptions: list(subscriptions, parseText),
  }
}

function parseOption(given: unknown): readonly [string, SocketOption] {
  const [name, value] = Array.isArray(given) ? given : []
  if (typeof name !== 'string' || !isOption(value)) throw new TypeError('an option is a name and a value')
  return [name, value]
}

function parseBinding(given: unknown): Binding {
  if (!isRecord(given)) throw new TypeError('a binding is an object')
  const ports = optional(given.ports, (it) => {
    const { min, max, maxTries } = isRecord(it) ? it : {}
    if (typeof min !== 'number' || typeof max !== 'number' || typeof maxTries !== 'number')
      throw new TypeError('a range of ports is three numbers')
    return { min, max, maxTries }
  })
  return { address: parseText(given.address), ports }
}

function parseText(given: unknown): string {
  if (typeof given !== 'string') throw new TypeError('this is a text')
  return given
}

export function isOption(given: unknown): given is SocketOption {
  return given === null || ['string', 'number', 'boolean'].includes(typeof given)
}

function optional<T>(given: unknown, parse: (given: unknown) => T): T | undefined {
  return given === undefined ? undefined : parse(given)
}

function list<T>(given: unknown, parse: (given: unknown) => T): T[] {
  if (!Array.isArray(given)) throw new TypeError('this is a list')
  return given.map(parse)
}
