import { invalidOption } from '../errors.js'
import { checkNames } from '../option-names.js'
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
  checkNames(call, SERVICE_CALL, 'call')
  const { service, method, args = [] } = call
  checkText('service', service)
  checkText('method', method)
  checkArguments(args)
  return { kind: Kind.call, id: 0, service, method, args, timeLeft: null, uncopied }
}

/** @throws ERR_INVALID_OPTION */
export function cmdMessage(call: ObjectCall, { uncopied }: SendOptions = {}): Cmd {
  checkNames(call, OBJECT_CALL, 'call')
  const { type, object, method, args = [] } = call
  checkText('type', type)
  checkText('object', object)
  checkText('method', method)
  checkArguments(args)
  return { kind: Kind.cmd, id: 0, type, object, method, args, timeLeft: null, uncopied }
}

/** Where the method is that a request asks for: `service`, or `type#object`. */
export function placeOf(message: Call | Cmd): string {
  return message.kind === Kind.call ? message.service : `${message.type}#${message.object}`
}

/** `service.method` or `type#object.method`: what a request is about, for people. */
export function nameOf(message: Call | Cmd): string {
  return `${placeOf(message)}.${message.method}`
}

// What is no call the other side would take for a breach of the protocol, and end the session.

const SERVICE_CALL = ['service', 'method', 'args']

const OBJECT_CALL = ['type', 'object', 'method', 'args']

function checkText(name: string, given: unknown): void {
  if (typeof given !== 'string') throw invalidOption(name, given, 'a string')
}

function checkArguments(given: unknown): void {
  if (!Array.isArray(given)) throw invalidOption('args', given, 'an array, of the arguments')
}
