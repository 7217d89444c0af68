import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { TurnedClock } from '@skein/core/internal'
import { deferred, eventually, once, useLedger } from '@skein/test-harness'
import type { DirectoryService } from '../src/directory.js'
import type { Remote } from '../src/remote.js'
import { startHead } from '../src/roles/head.js'
import { type Node, type NodeService, startNode } from '../src/roles/node.js'
import type { Role } from '../src/roles/role.js'
import { startWorker } from '../src/roles/worker.js'
import type { WorkersOptions } from '../src/roles/workers.js'
import type { Runtime } from '../src/runtime.js'
import { MemoryLauncher } from './support/memory-launcher.js'
import { TestMesh } from './support/test-mesh.js'

let mesh: TestMesh
let monitor: Role

useLedger()
beforeEach(async () => {
  mesh = new TestMesh()
  monitor = await mesh.monitor()
})
afterEach(() => mesh.close())

describe('every role', () => {
  test('is told to all by its name', async () => {
    const head = await mesh.role((spec, parts) => startHead(spec, {}, parts), { role: 'head', uid: 'head' })
    await mesh.role(startWorker, { role: 'worker', uid: 'worker:0:0' })
    await head.runtime.waitFor('worker:0:0')
    const directory = head.runtime.proxy<DirectoryService>('monitor', 'skein.directory')
    expect((await directory.list()).map(({ uid, roles }) => [uid, ...roles])).toEqual([
      ['monitor', 'monitor'],
      ['head', 'head'],
      ['worker:0:0', 'worker'],
    ])
    expect(head.mesh.workers).toEqual(['worker:0:0'])
  })

  test('ends when a peer asks it to', async () => {
    const worker = await mesh.role(startWorker, { role: 'worker', uid: 'worker:0:0' })
    await monitor.runtime.comms.stopPeer('worker:0:0')
    await worker.ended
  })

  test('lets what runs end when a peer asks it to end', async () => {
    const worker = await mesh.role(startWorker, { role: 'worker', uid: 'worker:0:0' })
    const gate = deferred()
    const began = deferred()
    const hold = (): Promise<void> => {
      began.resolve()
      return gate.promise
    }
    worker.runtime.expose('gate', { hold })
    const held = monitor.runtime.proxy<{ hold(): Promise<void> }>('worker:0:0', 'gate').hold()
    await began.promise
    await monitor.runtime.comms.stopPeer('worker:0:0')
    const late = monitor.runtime.proxy<{ hold(): Promise<void> }>('worker:0:0', 'gate').hold()
    await expect(late).rejects.toMatchObject({ code: 'ERR_CLOSED', executed: 'no' })
    gate.resolve()
    await held
    await worker.ended
  })

  test('takes the options of its CommsManager from its spec, but not who it is', async () => {
    const comms = { uid: 'other', roles: ['king'], introduces: true, timeout: 20 }
    const worker = await mesh.role(startWorker, { role: 'worker', uid: 'worker:0:0', comms })
    expect(worker.runtime.comms.entry).toMatchObject({ uid: 'worker:0:0', roles: ['worker'] })
    monitor.runtime.expose('never', { never: () => new Promise(() => {}) })
    const never = worker.runtime.proxy<{ never(): void }>('monitor', 'never').never()
    await expect(never).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 20 })
  })
})

describe('a node', () => {
  let launcher: MemoryLauncher
  let lines: string[][]
  let node: Node
  let head: Runtime
  let service: Remote<NodeService>
  let clock: TurnedClock

  beforeEach(async () => {
    launcher = new MemoryLauncher(mesh)
    lines = []
    clock = new TurnedClock()
    const options: WorkersOptions = { launcher, clock, grace: 1000, onLine: (...line) => lines.push(line) }
    node = await mesh.role((spec, parts) => startNode(spec, options, parts), {
      role: 'node',
      uid: 'node:3',
      comms: { timeout: 9999, port: 4000 },
      execArgv: ['--import', 'x'],
    })
    head = await mesh.runtime('head')
    await head.waitFor('node:3')
    service = head.proxy<NodeService>('node:3', 'skein.node')
  })

  test('starts workers, which are named after it and are in the mesh then', async () => {
    await expect(service.start(2)).resolves.toEqual(['worker:3:0', 'worker:3:1'])
    await head.waitFor('worker:3:1')
    await expect(service.list()).resolves.toEqual([
      { uid: 'worker:3:0', is: 'simulated worker:3:0' },
      { uid: 'worker:3:1', is: 'simulated worker:3:1' },
    ])
    await expect(service.start(1)).resolves.toEqual(['worker:3:2'])
  })

  test('hands its own settings on, but for its port', async () => {
    await service.start(1)
    expect(launcher.specs[0]).toMatchObject({
      role: 'worker',
      monitor: mesh.address,
      meshToken: mesh.meshToken,
      execArgv: ['--import', 'x'],
      comms: { timeout: 9999 },
    })
    expect(launcher.specs[0]?.comms).not.toHaveProperty('port')
    await service.start({ count: 1, comms: { timeout: 1111 }, execArgv: [] })
    expect(launcher.specs[1]).toMatchObject({ comms: { timeout: 1111 }, execArgv: [] })
  })

  test.each([0, -1, 1.5, 100_000, '2', {}, { count: 1, comms: 7 }, { count: 1, execArgv: [1] }])(
    'refuses to start %j',
    async (what) => {
      await expect(service.start(what as number)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    },
  )

  test('stops those that it has started when one of them can not be', async () => {
    launcher.failing.add('worker:3:1')
    await expect(service.start(3)).rejects.toMatchObject({ code: 'ERR_LAUNCH', uid: 'worker:3:1' })
    await expect(service.list()).resolves.toEqual([])
    expect(await launcher.launched.get('worker:3:0')?.ended).toEqual({ code: 0, signal: null })
  })

  test('tells the mesh at once that a worker has died', async () => {
    await service.start(2)
    await head.waitFor('worker:3:0')
    // Nobody else can find out: its host does not answer any more.
    mesh.network.partition('worker:3:0', 'head')
    const dead = once<[PeerChange]>(head, 'peer', ({ uid, is }) => uid === 'worker:3:0' && is === 'dead')
    await launcher.launched.get('worker:3:0')?.die()
    const [{ reason }] = await dead
    expect(reason).toBe('exited')
    await expect(service.list()).resolves.toMatchObject([{ uid: 'worker:3:1' }])
  })

  test('tells of no death where a worker has found its name held by another', async () => {
    await mesh.role(startWorker, { role: 'worker', uid: 'worker:3:0' })
    await head.waitFor('worker:3:0')
    await node.runtime.waitFor('worker:3:0')
    const dead: string[] = []
    for (const { comms } of [head, node.runtime])
      comms.on('peer', ({ uid, is }) => void (is === 'dead' && dead.push(uid)))
    launcher.failing.add('worker:3:0')
    await expect(node.workers.start(1)).rejects.toMatchObject({ code: 'ERR_LAUNCH' })
    await head.comms.sendRecv('node:3', { service: 'skein.node', method: 'list' })
    expect(dead).toEqual([])
    expect(node.runtime.comms.connected('worker:3:0')).toBe(true)
  })

  test('stops a worker, and tells how it ended', async () => {
    await service.start(2)
    await expect(service.stopWorker('worker:3:0')).resolves.toEqual({ code: 0, signal: null })
    expect(clock.pending).toBe(0) // it will not be killed any more
    await expect(service.list()).resolves.toMatchObject([{ uid: 'worker:3:1' }])
    await expect(service.stopWorker('worker:3:0')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_PEER' })
  })

  test('lets a worker drain when it stops it, for as long as it is told, or its own spec says', async () => {
    await service.start(2)
    await service.stopWorker('worker:3:0', { drain: 7 })
    await service.stopWorker('worker:3:1')
    expect([...launcher.launched.values()].map(({ stops }) => stops)).toEqual([[7], [10_000]])
    const drain = 'soon' as unknown as number
    await expect(service.stopWorker('worker:3:0', { drain })).rejects.toMatchObject({ option: 'drain' })
  })

  test('that drains drains its workers', async () => {
    await service.start(1)
    await node.stop({ drain: 123 })
    expect(launcher.launched.get('worker:3:0')?.stops).toEqual([123])
  })

  test('kills a worker that does not end when it is asked to, beyond the time that it may drain', async () => {
    await service.start(1)
    launcher.stubborn.add('worker:3:0')
    const ending = service.stopWorker('worker:3:0', { drain: 500 })
    await eventually(() => clock.pending === 1)
    await clock.advance(1499)
    expect(launcher.launched.get('worker:3:0')?.signals).toEqual([])
    await clock.advance(1)
    await expect(ending).resolves.toEqual({ code: null, signal: 'SIGKILL' })
    expect(clock.pending).toBe(0)
  })

  test('passes on what its workers print', async () => {
    await service.start(1)
    launcher.launched.get('worker:3:0')?.on.line('stderr', 'hello')
    expect(lines).toEqual([['worker:3:0', 'stderr', 'hello']])
  })

  test('stops its workers when it ends, before itself', async () => {
    await service.start(2)
    const order: string[] = []
    void launcher.launched.get('worker:3:0')?.ended.then(() => order.push('worker'))
    void node.ended.then(() => order.push('node'))
    await head.comms.stopPeer('node:3')
    await node.ended
    expect(order).toEqual(['worker', 'node'])
    expect(node.workers.list()).toEqual([])
  })

  test('starts no more workers once it is ending', async () => {
    await node.stop()
    await expect(node.workers.start(1)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('refuses to start workers while it is ending: whoever asks knows that none was', async () => {
    await service.start(1)
    launcher.stubborn.add('worker:3:0')
    const stopped = node.stop()
    await expect(service.start(1)).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      uid: 'node:3',
      executed: 'no',
    })
    await launcher.launched.get('worker:3:0')?.die()
    await stopped
  })

  test('must have an index', async () => {
    const nameless = mesh.role((spec, parts) => startNode(spec, { launcher }, parts), {
      role: 'node',
      uid: 'node',
    })
    await expect(nameless).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})
