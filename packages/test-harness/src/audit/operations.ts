import type { CommsManager, Reply } from '@skein/core'
import { type RemoteObject, withOptions } from '@skein/runtime'
import type { Random } from '../random.js'
import { streamOperations } from './stream-operations.js'
import type { StreamItem, StreamPlan } from './stream-plan.js'
import type { Streaming } from './streaming.js'

/** What every member offers to the others, as a service and as a resident object. */
export interface Audited {
  /** Answers with the number of the request. */
  echo(caller: number, seq: number, payload: Uint8Array): number
}

export interface AuditService extends Audited {
  /** Answers when a request of its own to the member `through` has ended, however that ended. */
  relay(caller: number, seq: number, payload: Uint8Array, through: number): Promise<number>
  /** Answers after a while. */
  linger(caller: number, seq: number, payload: Uint8Array): Promise<number>
  /** Yields what the plan says. */
  produce(caller: number, seq: number, payload: Uint8Array, plan: StreamPlan): AsyncIterable<StreamItem>
  /** Answers with the sum of the numbers of all items. */
  sum(caller: number, seq: number, payload: Uint8Array, plan: StreamPlan, items: Items): Promise<number>
  /** Yields the same items. */
  pass(caller: number, seq: number, payload: Uint8Array, plan: StreamPlan, items: Items): Items
  /** A resident object, for `cmd`. Not part of what is audited. */
  resident(): RemoteObject<Audited>
}

type Items = AsyncIterable<StreamItem>

/** The name of the service. */
export const AUDIT = 'audit'

/** The other side of a request, as its caller knows it. */
export interface Other {
  readonly uid: string
  readonly comms: CommsManager
  /** Its object, once that was fetched. */
  readonly resident: RemoteObject<Audited> | undefined
  /** Another member, for it to ask. */
  readonly third: number
  readonly random: Random
  readonly streaming: Streaming
}

export type Request = readonly [caller: number, seq: number, payload: Uint8Array]

/** One kind of request. */
export interface Operation {
  readonly name: string
  /** How often it is chosen, beside the others. */
  readonly weight: number
  /** Whether nothing tells its caller that it ran. */
  readonly isOneWay: boolean
  /** Sends it, and resolves with the answer, which is the request's number; or with nothing, if it is one-way. */
  perform(other: Other, request: Request): Promise<unknown>
}

/** Nothing but an answer or the end of a peer is to settle a request of the audit. */
const NO_DEADLINE = { timeout: Number.POSITIVE_INFINITY } as const

/** Milliseconds, less than `linger` takes. */
const SHORT_DEADLINE = 10

/**
 * What the members do to each other. The place of each in this list stands in the logs. To add one: an entry here, and,
 * if it needs a method, that in `AuditService`; `examine` counts it with the others.
 */
export const operations: readonly Operation[] = [
  {
    name: 'call',
    weight: 400,
    isOneWay: false,
    perform: (other, request) => ask(other, 'echo', request),
  },
  {
    name: 'cmd',
    weight: 250,
    isOneWay: false,
    perform(other, request) {
      if (other.resident === undefined) return ask(other, 'echo', request)
      return withOptions(other.resident, NO_DEADLINE).echo(...request)
    },
  },
  {
    name: 'send',
    weight: 200,
    isOneWay: true,
    perform: ({ comms, uid }, request) => comms.send(uid, { service: AUDIT, method: 'echo', args: request }),
  },
  {
    name: 'relay',
    weight: 80,
    isOneWay: false,
    perform: (other, request) => ask(other, 'relay', [...request, other.third]),
  },
  {
    name: 'linger',
    weight: 60,
    isOneWay: false,
    perform: (other, request) => ask(other, 'linger', request),
  },
  {
    name: 'cancel',
    weight: 3,
    isOneWay: false,
    perform({ comms, uid, random }, request) {
      const reply = comms.sendRecv(uid, { service: AUDIT, method: 'linger', args: request }, NO_DEADLINE)
      // Before it has left, or while it is under way.
      if (random() < 0.5) queueMicrotask(() => reply.cancel('the audit gives it up'))
      else setImmediate(() => reply.cancel('the audit gives it up'))
      return reply
    },
  },
  {
    name: 'deadline',
    weight: 2,
    isOneWay: false,
    perform: ({ comms, uid }, request) =>
      comms.sendRecv(uid, { service: AUDIT, method: 'linger', args: request }, { timeout: SHORT_DEADLINE }),
  },
  ...streamOperations(ask),
]

function ask({ comms, uid }: Other, method: string, args: readonly unknown[]): Reply {
  return comms.sendRecv(uid, { service: AUDIT, method, args }, NO_DEADLINE)
}

/** The places of the operations in their list, each as often as its weight says. */
const urn = operations.flatMap(({ weight }, place) => new Array<number>(weight).fill(place))

export function chooseOperation(random: Random): number {
  return urn[Math.floor(random() * urn.length)] ?? 0
}
