import { expect, test } from '@jest/globals'
import { Reply, SkeinError } from '@skein/core'
import { eventually } from '@skein/test-harness'
import { type Lane, Neighbour } from '../src/neighbour.js'
import type { QueuePolicy } from '../src/policy-queue.js'

/** A link that takes nothing more after so many messages, until it is opened. */
function narrowLane(room: number) {
  const taken: unknown[] = []
  let left = room
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = () => {
      left = Number.POSITIVE_INFINITY
      resolve()
    }
  })
  const lane: Lane = {
    async send(_, call, { overflow } = {}) {
      if (left <= 0 && overflow === 'fail') throw new SkeinError('ERR_OVERLOADED', 'the outbox is full')
      if (left <= 0) await opened
      left -= 1
      taken.push(call.args?.[2])
    },
    sendRecv: () => Reply.failed(new SkeinError('ERR_CLOSED', 'not here')),
  }
  return { lane, taken, open }
}

test.each<[QueuePolicy, number[]]>([
  ['old', [1, 2, 3, 18, 19, 20]],
  ['new', [1, 2, 3, 4, 5, 20]],
])(
  "what waits for a full link is kept by the policy '%s', and what is sent in one turn is no backlog",
  async (policy, kept) => {
    const { lane, taken, open } = narrowLane(2)
    const neighbour = new Neighbour('id', 'uid', lane, [2, policy])
    const send = (seq: number) => neighbour.send({ key: 'key', source: 'source', seq, hops: 1, parts: [] })
    for (let seq = 1; seq <= 10; seq++) send(seq)
    await eventually(() => taken.length === 2)
    await new Promise(setImmediate)
    for (let seq = 11; seq <= 19; seq++) send(seq) // the third waits for room, and of the others two may
    open()
    await neighbour.flushed(100)
    send(20)
    await neighbour.flushed(100)
    expect(taken).toEqual(kept)
  },
)
