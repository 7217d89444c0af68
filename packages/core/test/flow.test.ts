import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { Incoming } from '../src/comms/incoming.js'
import type { PeerReport } from '../src/comms/report.js'
import type { CommsManager } from '../src/comms-manager.js'
import { SkeinError } from '../src/errors.js'
import type { FlowOptions } from '../src/options.js'
import { addressOf, call, TestMesh } from './support/mesh.js'

useLedger()

/** A deadline that no test is to reach, however busy the machine is. */
const LONG = 120_000

let mesh: TestMesh
beforeEach(() => {
  mesh = new TestMesh('ipc')
})
afterEach(() => mesh.close())

function reportOf(comms: CommsManager, uid: string): PeerReport {
  const report = comms.peers().find((peer) => peer.uid === uid)
  if (report === undefined) throw new Error(`${comms.uid} does not know ${uid}`)
  return report
}

type Method = (self: CommsManager, request: Incoming) => unknown

/** Two that are linked; each is given to its own method. */
async function two(
  flow: Partial<FlowOptions>,
  a: Method,
  b: Method,
  timeout = LONG,
): Promise<[CommsManager, CommsManager]> {
  const runtime = async (uid: string, method: Method) => {
    const made: CommsManager = await mesh.local(
      uid,
      { flow, timeout },
      { dispatch: (request) => method(made, request) },
    )
    return made
  }
  const pair: [CommsManager, CommsManager] = [await runtime('a', a), await runtime('b', b)]
  await pair[0].connect(addressOf(pair[1]))
  return pair
}

/** What became of so many calls that are all made at once. */
async function outcomes(from: CommsManager, to: string, times: number, method = 'm'): Promise<unknown[]> {
  return Promise.all(
    Array.from({ length: times }, (_, n) =>
      from.sendRecv(to, call(method, n)).catch((error: unknown) => error),
    ),
  )
}

const numbers = (length: number) => Array.from({ length }, (_, n) => n)

test('of many calls made at once, a slow peer holds no more than it may, and so does its caller; all settle', async () => {
  const total = sized(2500, 20_000)
  const flow = { maxRunning: 125, windowMessages: 250, outboxMessages: 1000, batchBytes: 1024 }
  const { maxRunning, windowMessages, outboxMessages, batchBytes } = flow
  const [leastPerCall, mostPerCall] = [16, 40]
  // One batch always passes.
  const batch = batchBytes / leastPerCall
  let most = 0
  const held: (() => void)[] = []
  let isFree = false
  const [a, b] = await two(flow, nothing, (self, { message }) => {
    if (Number(message.args[0]) % 16 === 0) most = Math.max(most, reportOf(self, 'a').running)
    return isFree ? 0 : new Promise<number>((resolve) => held.push(() => resolve(0)))
  })
  let settled = 0
  const failures: unknown[] = []
  for (let n = 0; n < total; n++)
    void a.sendRecv('b', call('m', n)).then(
      () => settled++,
      (error: unknown) => failures.push(error),
    )
  const { queued, awaited } = reportOf(a, 'b')
  expect(awaited).toBe(total)
  expect(queued).toBeLessThan(outboxMessages * mostPerCall)
  await eventually(() => held.length === maxRunning && reportOf(b, 'a').running > maxRunning + batch, {
    timeout: LONG,
  })
  expect([held.length, settled]).toEqual([maxRunning, 0])
  isFree = true
  for (const end of held.splice(0)) end()
  await eventually(() => settled + failures.length === total, { timeout: LONG })
  expect(failures).toEqual([])
  expect(most).toBeLessThanOrEqual(maxRunning + windowMessages + batch)
  expect(reportOf(b, 'a').running).toBe(0)
})

const back: Method = (self, { from, message }) => self.sendRecv(from, call('leaf', message.args[0]))
const leaf = (_: CommsManager, { message }: Incoming) => message.args[0]
const nothing = () => 0

/** Calls back from `m`, and answers `leaf` itself. */
const backOrLeaf: Method = (self, request) =>
  request.message.method === 'leaf' ? leaf(self, request) : back(self, request)

test.each([
  { windowMessages: 10, outboxMessages: 50 },
  { windowMessages: 0, maxRunning: 1 },
  { windowBytes: 0, outboxBytes: 0, batchBytes: 0 },
  { maxRunning: 1 },
  { maxRunning: 1, outboxMessages: 2 },
])('a method calls its caller back while everything on the way is full (%p)', async (flow) => {
  const [a] = await two(flow, leaf, back)
  expect(await outcomes(a, 'b', 150)).toEqual(numbers(150))
})

test.each([
  {},
  { windowMessages: 10, outboxMessages: 50 },
  { windowBytes: 100, outboxBytes: 1000, batchBytes: 50 },
])('two that flood each other with requests that call back all settle (%p)', async (flow) => {
  const [a, b] = await two(flow, backOrLeaf, backOrLeaf)
  const [fromA, fromB] = await Promise.all([outcomes(a, 'b', 150), outcomes(b, 'a', 150)])
  expect([fromA, fromB]).toEqual([numbers(150), numbers(150)])
})

test('two that flood each other in circles, with too little room for the circle, end by their deadlines', async () => {
  const [a, b] = await two({ maxRunning: 10 }, backOrLeaf, backOrLeaf, 500)
  const all = (await Promise.all([outcomes(a, 'b', 100), outcomes(b, 'a', 100)])).flat()
  expect(all).toHaveLength(200)
  const failures = all.filter((outcome) => typeof outcome !== 'number')
  expect(failures.length).toBeGreaterThan(0)
  const executed = failures.map((failure) => failure instanceof SkeinError && failure.executed)
  expect(executed.filter((word) => word !== 'no' && word !== 'maybe')).toEqual([])
  await eventually(() => reportOf(a, 'b').running + reportOf(b, 'a').running === 0, { timeout: LONG })
  expect(await a.sendRecv('b', call('leaf', 'well again'), { timeout: LONG })).toBe('well again')
})

test('what waits for a slow peer does not slow another', async () => {
  const calls = sized(100, 200)
  const total = sized(900, 3000)
  const flow = { windowMessages: total / 3, outboxMessages: (2 * total) / 3 }
  const head = await mesh.local('head', { timeout: LONG, flow })
  const slow = await mesh.local('slow', {}, { dispatch: () => new Promise(() => {}) })
  await Promise.all([slow.connect(addressOf(head)), mesh.remote('quick', addressOf(head))])
  await Promise.all(['slow', 'quick'].map((uid) => head.waitFor(uid)))
  const p99 = async () => {
    const took: number[] = []
    for (let n = 0; n < calls; n++) {
      const began = performance.now()
      await head.sendRecv('quick', call('echo', n))
      took.push(performance.now() - began)
    }
    return took.sort((x, y) => x - y)[0.99 * calls - 1] ?? 0
  }
  await p99() // warms up
  const alone = await p99()
  const waiting = outcomes(head, 'slow', total, 'hang')
  await eventually(() => reportOf(head, 'slow').queued > 0)
  await head.sendRecv('quick', call('echo', 0))
  const beside = await p99()
  console.info(
    `p99 ${alone.toFixed(3)} ms alone, ${beside.toFixed(3)} ms beside a slow peer: ${(beside / alone).toFixed(2)}`,
  )
  expect(reportOf(head, 'slow').awaited).toBe(total)
  head.disconnect('slow')
  expect((await waiting).every((outcome) => outcome instanceof SkeinError)).toBe(true)
})
