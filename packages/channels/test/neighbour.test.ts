import { expect, test } from '@jest/globals'
import { Reply, SkeinError } from '@skein/core'
import { eventually } from '@skein/test-harness'
import { type Lane, Neighbour } from '../src/neighbour.js'
import { BatchEncoder, readBatch } from '../src/package-batch.js'
import type { QueuePolicy } from '../src/policy-queue.js'
import { readParts } from '../src/read.js'

/** A link that takes nothing more after so many messages, until it is opened. */
function narrowLane(room: number) {
  const taken: unknown[] = []
  const told: unknown[] = []
  let posted = 0
  let left = room
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = () => {
      left = Number.POSITIVE_INFINITY
      resolve()
    }
  })
  const lane: Lane = {
    hasRoom: () => left > 0,
    async send(_, call) {
      posted += 1
      if (left <= 0) await opened
      left -= 1
      if (call.method === 'state') told.push(call.args?.[0])
      const batch = readBatch(readParts(call.args) ?? []) ?? []
      taken.push(...batch.map(({ seq }) => seq))
    },
    sendRecv: () => Reply.failed(new SkeinError('ERR_CLOSED', 'not here')),
  }
  return { lane, taken, told, posted: () => posted, open }
}

test.each<[QueuePolicy, number[]]>([
  ['old', [19, 20]],
  ['new', [13, 14]],
])(
  "what waits for a full link is kept by the policy '%s', and what is sent in one turn is no backlog",
  async (policy, kept) => {
    const { lane, taken, open } = narrowLane(1)
    const neighbour = new Neighbour('id', 'uid', lane, {
      queue: [2, policy],
      encoder: new BatchEncoder(),
    })
    const send = (seq: number) =>
      neighbour.send({ key: 'key', source: 'source', since: 1, seq, hops: 1, parts: [] })
    for (let seq = 1; seq <= 10; seq++) send(seq)
    await eventually(() => taken.length === 10)
    await new Promise(setImmediate)
    for (const seq of [11, 12]) send(seq) // these wait for room together, and of what comes after them two may
    await new Promise(setImmediate)
    for (let seq = 13; seq <= 20; seq++) send(seq)
    await new Promise(setImmediate)
    open()
    await neighbour.flushed(100)
    send(21)
    await neighbour.flushed(100)
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ...kept, 21])
  },
)

test('what waits is handed over at once to a link that is full, in order: whoever leaves is kept by nobody', async () => {
  for (const count of [100, 600]) {
    const { lane, taken, posted, open } = narrowLane(0)
    const neighbour = new Neighbour('id', 'uid', lane, { queue: [600, 'old'], encoder: new BatchEncoder() })
    const all = Array.from({ length: count }, (_, n) => n + 1)
    for (const seq of all) neighbour.send({ key: 'key', source: 'source', since: 1, seq, hops: 1, parts: [] })
    neighbour.handOver()
    expect(posted()).toBe(Math.ceil(count / 256))
    open()
    await eventually(() => taken.length === count)
    expect(taken).toEqual(all)
  }
})

test('of what holds only until the next only the latest waits for a full link', async () => {
  const { lane, told, posted, open } = narrowLane(1)
  const neighbour = new Neighbour('id', 'uid', lane, { queue: [10, 'old'], encoder: new BatchEncoder() })
  for (let n = 0; n < 100; n++)
    for (const topic of ['x', 'y']) neighbour.tellLatest(topic, 'state', `${topic}${n}`)
  expect(posted()).toBe(2)
  open()
  await eventually(() => told.length === 4)
  neighbour.tellLatest('x', 'state', 'after')
  await eventually(() => told.length === 5)
  expect(told).toEqual(['x0', 'y0', 'x99', 'y99', 'after'])
})

test('what must not be discarded waits for a full link whatever the bound, in its place', async () => {
  for (const [policy, kept] of [
    ['old', [3, 6, 9, 12, 14, 15, 16]],
    ['new', [1, 2, 3, 6, 9, 12, 15]],
  ] as const) {
    const { lane, taken, open } = narrowLane(0)
    const neighbour = new Neighbour('id', 'uid', lane, { queue: [2, policy], encoder: new BatchEncoder() })
    const send = (seq: number) =>
      neighbour.send({ key: 'key', source: 'source', since: 1, seq, hops: 1, parts: [] }, seq % 3 === 0)
    send(100) // this one is being sent
    await new Promise(setImmediate)
    for (let seq = 1; seq <= 16; seq++) send(seq)
    open()
    await eventually(() => taken.length === 1 + kept.length)
    expect(taken).toEqual([100, ...kept])
  }
})
