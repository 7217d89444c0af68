import type { CommsManager, Reply } from '@skein/core'
import type { Clock } from '@skein/core/internal'
import { type RemoteObject, withOptions } from '@skein/runtime'
import { type Resident, SERVICE } from './service.js'

/** What members ask of each other. The place of each in this list stands in the journals. */
export const OPERATIONS = ['call', 'cmd', 'send', 'linger', 'stream', 'long-stream', 'slow-stream'] as const
export type Operation = (typeof OPERATIONS)[number]

/** Whether an operation, by its place, has no answer. */
export function isOneWay(place: number): boolean {
  return OPERATIONS[place] === 'send'
}

/** The other side of a request, as its caller knows it. */
export interface Other {
  readonly uid: string
  readonly comms: CommsManager
  readonly clock: Clock
  /** Its object, once that was fetched. */
  readonly resident: RemoteObject<Resident> | undefined
}

type Request = readonly [caller: number, seq: number, payload: Uint8Array]

/** Nothing but an answer or the end of a peer is to settle a request. */
const NO_DEADLINE = { timeout: Number.POSITIVE_INFINITY } as const

/** Items of a stream; those of a long one come in several windows. */
const ITEMS = 20
const MANY_ITEMS = 20_000

/** A stream that is read slowly: items that are read of it, and milliseconds between two. */
const SLOW_ITEMS = 100
const REST = 50

/** In place of the request's number. */
const WRONG = -1

/** Each sends a request, and resolves with the answer, which is the request's number; with nothing if it is one-way. */
export const operations: Record<Operation, (other: Other, request: Request) => Promise<unknown>> = {
  call: (other, request) => call(other, 'echo', request),
  cmd: (other, request) =>
    other.resident === undefined
      ? call(other, 'echo', request)
      : withOptions(other.resident, NO_DEADLINE).echo(...request),
  send: ({ comms, uid }, request) => comms.send(uid, { service: SERVICE, method: 'echo', args: request }),
  linger: (other, request) => call(other, 'linger', request),
  stream: (other, request) => readAll(call(other, 'count', [...request, ITEMS]), ITEMS),
  'long-stream': (other, request) => readAll(call(other, 'count', [...request, MANY_ITEMS]), MANY_ITEMS),
  'slow-stream': (other, request) => sip(other, request),
}

function call({ comms, uid }: Other, method: string, args: readonly unknown[]): Reply {
  return comms.sendRecv(uid, { service: SERVICE, method, args }, NO_DEADLINE)
}

/** Resolves with what the stream returns, if its items were all there and in order. */
async function readAll(reply: Reply, items: number): Promise<unknown> {
  const stream = reply[Symbol.asyncIterator]()
  for (let n = 0; n < items; n++) if ((await stream.next()).value !== n) return WRONG
  const { done, value } = await stream.next()
  return done === true ? value : WRONG
}

/** Reads some items of a stream without end, slowly, and leaves it. */
async function sip(other: Other, request: Request): Promise<number> {
  const stream = call(other, 'count', [...request, Number.MAX_SAFE_INTEGER])[Symbol.asyncIterator]()
  for (let n = 0; n < SLOW_ITEMS; n++) {
    if ((await stream.next()).value !== n) return WRONG
    await new Promise<void>((resolve) => {
      other.clock.after(REST, () => resolve())
    })
  }
  await stream.return?.()
  return request[1]
}
