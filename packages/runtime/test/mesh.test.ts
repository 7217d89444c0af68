import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { once, useLedger } from '@skein/test-harness'
import { byNumber, liveWorkers } from '../src/live-workers.js'
import { type Head, startHead } from '../src/roles/head.js'
import { startNode } from '../src/roles/node.js'
import { startWorker } from '../src/roles/worker.js'
import { Labour, reset } from './fixtures/labour.js'
import { MemoryLauncher } from './support/memory-launcher.js'
import { TestMesh } from './support/test-mesh.js'

const from = new URL('./fixtures/labour.ts', import.meta.url)

let network: TestMesh
let head: Head
let progress: unknown[]

useLedger()
beforeEach(async () => {
  reset()
  progress = []
  network = new TestMesh()
  await network.monitor()
  const options = { onProgress: (step: unknown) => progress.push(step) }
  head = await network.role((spec, parts) => startHead(spec, options, parts), { role: 'head', uid: 'head' })
})
afterEach(() => network.close())

const worker = (i: number) => network.role(startWorker, { role: 'worker', uid: `worker:0:${i}` })

async function node(i: number): Promise<void> {
  const launcher = new MemoryLauncher(network)
  await network.role((spec, parts) => startNode(spec, { launcher }, parts), {
    role: 'node',
    uid: `node:${i}`,
  })
  await head.runtime.waitFor(`node:${i}`)
}

test('tells of peers what its runtime tells, under every name', async () => {
  const told: string[] = []
  for (const event of ['peer:alive', 'peer:left', 'peer:dead'] as const)
    head.mesh.on(event, ({ uid }) => told.push(`${event} ${uid}`))
  const [one, other] = [await worker(0), await worker(1)]
  for (const uid of ['worker:0:0', 'worker:0:1']) await head.runtime.waitFor(uid)
  const ends = [head.mesh.watch('worker:0:0'), head.mesh.watch('worker:0:1')]
  await one.stop()
  await network.kill(other.runtime)
  expect(await Promise.all(ends)).toMatchObject([{ is: 'left' }, { is: 'dead' }])
  expect(told.sort()).toEqual([
    'peer:alive worker:0:0',
    'peer:alive worker:0:1',
    'peer:dead worker:0:1',
    'peer:left worker:0:0',
  ])
  expect(head.mesh.peers().map(({ uid }) => uid)).toEqual(['monitor', 'worker:0:0', 'worker:0:1'])
})

describe('the workers', () => {
  test('are those that are there, in the order of their numbers', async () => {
    expect(head.mesh.workers).toEqual([])
    for (const i of [10, 2, 1]) await worker(i)
    await head.mesh.waitForWorkers(3)
    expect(head.mesh.workers).toEqual(['worker:0:1', 'worker:0:2', 'worker:0:10'])
  })

  test('are not those that are gone', async () => {
    const [one, other] = [await worker(0), await worker(1)]
    await head.runtime.waitFor('worker:0:0')
    await head.runtime.waitFor('worker:0:1')
    const gone = [
      once<[PeerChange]>(head.mesh, 'peer', ({ uid, is }) => uid === 'worker:0:0' && is === 'left'),
      once<[PeerChange]>(head.mesh, 'peer', ({ uid, is }) => uid === 'worker:0:1' && is === 'dead'),
    ]
    const seen: (readonly string[])[] = []
    head.mesh.on('peer', () => seen.push(head.mesh.workers))
    await one.stop()
    await gone[0]
    expect(seen.at(-1)).toEqual(['worker:0:1'])
    await network.kill(other.runtime)
    await gone[1]
    expect(seen.at(-1)).toEqual([])
    expect(head.mesh.workers).toEqual([])
  })

  test('are not those that are known to be gone, nor anybody else', () => {
    const peer = {
      instance: 'i',
      lane: undefined,
      rtt: undefined,
      lag: undefined,
      awaited: 0,
      running: 0,
      queued: 0,
      reason: undefined,
      sinceMs: 0,
    }
    const states = [
      'known',
      'connecting',
      'shaking',
      'alive',
      'stalled',
      'suspect',
      'unreachable',
      'dead',
      'left',
    ] as const
    const peers = states.map((state) => ({ ...peer, uid: state, roles: ['worker'], state }))
    const other = { ...peer, uid: 'node:0', roles: ['node'], state: 'alive' as const }
    const live = ['alive', 'connecting', 'known', 'shaking', 'stalled', 'suspect', 'unreachable']
    expect(liveWorkers({ peers: () => [...peers, other] })).toEqual(live)
  })

  test('can be waited for', async () => {
    const waiting = head.mesh.waitForWorkers(2)
    await Promise.all([worker(0), worker(1)])
    await expect(waiting).resolves.toEqual(['worker:0:0', 'worker:0:1'])
    const listeners = head.runtime.listenerCount('close')
    await expect(head.mesh.waitForWorkers(1)).resolves.toHaveLength(2)
    expect(head.runtime.listenerCount('close')).toBe(listeners)
  })

  test('can be waited for in vain', async () => {
    await worker(0)
    await head.mesh.waitForWorkers(1)
    const waiting = head.mesh.waitForWorkers(2, { timeout: 20 })
    await expect(waiting).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      timeoutMs: 20,
      message: '1 of 2 workers were there within 20 ms',
    })
  })
})

test('uids are ordered by the numbers in them', () => {
  const ordered = ['a', 'a01', 'a1', 'a1b', 'a2', 'a10', 'a10:2', 'a10:10', 'a:0', 'b1', 'monitor', 'ä']
  const shuffled = ['a10:10', 'ä', 'a', 'monitor', 'a10', 'a1b', 'b1', 'a:0', 'a2', 'a10:2', 'a01', 'a1']
  expect(shuffled.sort(byNumber)).toEqual(ordered)
})

test('waiting for workers ends with the runtime', async () => {
  const waiting = head.mesh.waitForWorkers(1)
  const failed = expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await head.stop()
  await failed
})

describe('spawning', () => {
  test('starts workers on the first node, or another', async () => {
    await node(0)
    await node(1)
    await expect(head.mesh.spawn(2)).resolves.toEqual(['worker:0:0', 'worker:0:1'])
    await expect(head.mesh.spawn(1, { node: 'node:1' })).resolves.toEqual(['worker:1:0'])
    expect(head.mesh.workers).toEqual(['worker:0:0', 'worker:0:1', 'worker:1:0'])
    const pool = await head.mesh.pool(Labour, { from })
    expect(pool.workers).toEqual(head.mesh.workers)
  })

  test('needs a node', async () => {
    await expect(head.mesh.spawn(1)).rejects.toMatchObject({ code: 'ERR_NO_SUCH_PEER' })
  })
})

test('an object is created on one worker', async () => {
  await worker(0)
  const labour = await head.mesh.create(Labour, { from, on: 'worker:0:0', args: [7] })
  await expect(head.mesh.withOptions(labour, { timeout: 5000 }).times(2)).resolves.toBe(14)
})

test('a service of a worker is used through a proxy', async () => {
  const { runtime } = await worker(0)
  runtime.expose('maths', { add: (a: number, b: number) => a + b })
  const maths = head.mesh.proxy<{ add(a: number, b: number): number }>('worker:0:0', 'maths')
  await expect(maths.add(1, 2)).resolves.toBe(3)
})

test('progress is told to whoever was named for that', () => {
  head.mesh.progress(1, 3)
  head.mesh.progress(3, 3, 'done')
  expect(progress).toEqual([
    { done: 1, total: 3, text: undefined },
    { done: 3, total: 3, text: 'done' },
  ])
})
