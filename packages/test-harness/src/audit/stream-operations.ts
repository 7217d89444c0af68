import { RemoteStream, type Reply } from '@skein/core'
import type { Operation, Other, Request } from './operations.js'
import { memberOf } from './orders.js'
import { itemsOf, planOf, type StreamPlan, sumOf } from './stream-plan.js'
import { readItems, type StreamKey, streamEndingOf } from './streaming.js'

type Ask = (other: Other, method: string, args: readonly unknown[]) => Reply

/** How often each is chosen: few, since a stream has as many items as there are other requests meanwhile. */
const WEIGHT = 5

/** The share of streams in arguments whose producer throws. */
const FAILING = 0.2

/** In place of the request's number. */
const WRONG = -1

/** Requests with streams in their arguments, in their answers, and in both. */
export function streamOperations(ask: Ask): readonly Operation[] {
  const produce = async (other: Other, request: Request, fails: boolean, leavesEarly = false) => {
    const plan = planOf(other.random, fails)
    const reply = ask(other, 'produce', [...request, plan])
    return await readAnswer(other, request, plan, reply, leavesEarly)
  }
  return [
    {
      name: 'stream',
      weight: WEIGHT,
      isOneWay: false,
      perform: (other, request) => produce(other, request, false),
    },
    {
      name: 'leave-stream',
      weight: WEIGHT,
      isOneWay: false,
      perform: (other, request) => produce(other, request, false, true),
    },
    {
      name: 'fail-stream',
      weight: WEIGHT,
      isOneWay: false,
      perform: (other, request) => produce(other, request, true),
    },
    {
      name: 'sum',
      weight: WEIGHT,
      isOneWay: false,
      async perform(other, request) {
        const [, seq] = request
        const plan = planOf(other.random, other.random() < FAILING)
        return await unlessPlanned(plan, seq, async () => {
          const sum = await ask(other, 'sum', [...request, plan, argument(other, seq, plan)])
          return sum === sumOf(plan) ? seq : WRONG
        })
      },
    },
    {
      name: 'pass',
      weight: WEIGHT,
      isOneWay: false,
      async perform(other, request) {
        const plan = planOf(other.random, other.random() < FAILING)
        const reply = ask(other, 'pass', [...request, plan, argument(other, request[1], plan)])
        return await readAnswer(other, request, plan, reply, other.random() < FAILING)
      },
    },
  ]
}

function argument(other: Other, seq: number, plan: StreamPlan): AsyncIterable<unknown> {
  const key: StreamKey = { peer: memberOf(other.uid), seq, part: 'argument' }
  return other.streaming.produce(key, plan, itemsOf(seq, plan))
}

/** Reads the stream that answers a request, or leaves it early, one way or the other. */
async function readAnswer(
  { uid, random, streaming }: Other,
  [, seq]: Request,
  plan: StreamPlan,
  reply: Reply,
  leavesEarly: boolean,
): Promise<number> {
  const key: StreamKey = { peer: memberOf(uid), seq, part: 'answer' }
  const cancel = async () => {
    const stream = await reply
    if (stream instanceof RemoteStream) stream.cancel('the audit gives it up')
  }
  const leave = leavesEarly && random() < 0.5 ? cancel : undefined
  const most = leavesEarly ? 1 + Math.floor(random() * plan.items) : undefined
  const stream = streaming.follow(key, plan, reply[Symbol.asyncIterator](), leave)
  return await unlessPlanned(plan, seq, async () => {
    const { sum, returned } = await readItems(stream, most)
    return most !== undefined || (returned === seq && sum === sumOf(plan)) ? seq : WRONG
  })
}

/** The error that a stream was to end with is as good as a result. */
async function unlessPlanned(plan: StreamPlan, seq: number, perform: () => Promise<number>): Promise<number> {
  try {
    return await perform()
  } catch (error) {
    if (plan.fails && streamEndingOf(error) === 'failed') return seq
    throw error
  }
}
