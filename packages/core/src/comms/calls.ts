import type { Check, Checks } from '../checks.js'
import { invalidOption, noSuchOption } from '../errors.js'
import { isRecord } from '../is-record.js'
import { type Call, type Cmd, Kind } from '../wire/message.js'

/** A method of a service. */
export interface ServiceCall {
  readonly service: string
  readonly method: string
  readonly args?: readonly unknown[]
}

/** A method of a resident object. */
export interface ObjectCall {
  readonly type: string
  readonly object: string
  readonly method: string
  readonly args?: readonly unknown[]
}

export interface QueueOptions {
  /**
   * What to do while the peer's outbox is full: wait for room, or fail with ERR_OVERLOADED.
   * @default 'wait'
   */
  readonly overflow?: 'wait' | 'fail' | undefined
}

export interface SendOptions extends QueueOptions {
  /**
   * Whether binaries of 4 KiB or more in the arguments are taken as they are, not copied: for what is never written over,
   * or not before the other side has said that it has arrived.
   * @default false
   */
  readonly uncopied?: boolean | undefined
}

export interface RequestOptions extends QueueOptions {
  /**
   * Milliseconds until the request fails with ERR_TIMEOUT; Infinity for none. Within another request it is at most what
   * that one has left.
   * @default the runtime's `timeout`
   */
  readonly timeout?: number | undefined
  /** Aborting it gives the request up, and the stream that answers it. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds that each item of the stream that answers the request may be waited for. The deadline is for the answer
   * itself: a stream may last, and be silent, as long as its producer lives.
   * @default Infinity
   */
  readonly itemTimeout?: number | undefined
  /**
   * Whether it does no harm if the method runs twice: then a request that was lost on its way is tried again, although it
   * may have run.
   * @default false
   */
  readonly idempotent?: boolean | undefined
  /**
   * How often it is tried at most, 1 to 3, within its deadline: again only if it certainly never ran, or is idempotent,
   * and what prevented it may have passed. What is tried again is encoded again, so its arguments must stay as they are.
   * @default 3 if it is idempotent, otherwise 1
   */
  readonly tries?: number | undefined
}

/** @throws ERR_INVALID_OPTION */
export function callMessage(call: ServiceCall, { uncopied }: SendOptions = {}): Call {
  if (!isServiceCall(call)) refuse(call, SERVICE_CALL)
  const { service, method, args = [] } = call
  return { kind: Kind.call, id: 0, service, method, args, timeLeft: null, uncopied }
}

/** @throws ERR_INVALID_OPTION */
export function cmdMessage(call: ObjectCall, { uncopied }: SendOptions = {}): Cmd {
  if (!isObjectCall(call)) refuse(call, OBJECT_CALL)
  const { type, object, method, args = [] } = call
  return { kind: Kind.cmd, id: 0, type, object, method, args, timeLeft: null, uncopied }
}

export function placeOf(message: Call | Cmd): string {
  return message.kind === Kind.call ? message.service : `${message.type}#${message.object}`
}

/** `service.method` or `type#object.method`: what a request is about, for people. */
export function nameOf(message: Call | Cmd): string {
  return `${placeOf(message)}.${message.method}`
}

const text: Check = (name, given) => {
  if (typeof given !== 'string') throw invalidOption(name, given, 'a string')
}

const list: Check = (name, given) => {
  if (given !== undefined && !Array.isArray(given))
    throw invalidOption(name, given, 'an array, of the arguments')
}

const SERVICE_CALL: Checks = { service: text, method: text, args: list }

const OBJECT_CALL: Checks = { type: text, object: text, method: text, args: list }

// What is none the other side would take for a breach of the protocol, and end the session. Written out, since each call
// passes here: the checks by name take as long as it takes to encode a small one.

function isServiceCall(call: ServiceCall): boolean {
  if (!isRecord(call)) return false
  const { service, method, args } = call
  for (const name in call) if (name !== 'service' && name !== 'method' && name !== 'args') return false
  return typeof service === 'string' && typeof method === 'string' && areArguments(args)
}

function isObjectCall(call: ObjectCall): boolean {
  if (!isRecord(call)) return false
  const { type, object, method, args } = call
  for (const name in call) {
    if (name !== 'type' && name !== 'object' && name !== 'method' && name !== 'args') return false
  }
  const areNames = typeof type === 'string' && typeof object === 'string' && typeof method === 'string'
  return areNames && areArguments(args)
}

function areArguments(args: unknown): boolean {
  return args === undefined || Array.isArray(args)
}

/** Says what is wrong with it. */
function refuse(call: unknown, checks: Checks): void {
  const names = Object.keys(checks).join(', ')
  if (!isRecord(call)) throw invalidOption('call', call, `an object, of ${names}`)
  for (const name in call) {
    if (!Object.hasOwn(checks, name)) throw noSuchOption(name, call[name], names)
  }
  for (const [name, check] of Object.entries(checks)) check(name, call[name])
}
