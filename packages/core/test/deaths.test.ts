import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, FaultProxy, useLedger } from '@skein/test-harness'
import { Router } from 'zeromq'
import { RuntimeDisconnectedError } from '../src/errors.js'
import { addressOf, call, change, freePort, TestMesh } from './support/mesh.js'

useLedger()

let mesh: TestMesh
beforeEach(() => {
  mesh = new TestMesh('tcp')
})
afterEach(() => mesh.close())

test('a process killed with SIGKILL is known dead to all, linked to it or not, and its requests reject', async () => {
  const monitor = await mesh.local('monitor', { introduces: true })
  const linked = await mesh.local('linked')
  const unlinked = await mesh.local('unlinked')
  await linked.connect(addressOf(monitor))
  await unlinked.connect(addressOf(monitor))
  const victim = await mesh.remote('victim', addressOf(monitor))
  await linked.waitFor('victim')
  const known = [monitor, linked, unlinked].map((comms) => change(comms, 'victim', 'dead'))
  const asked = linked.sendRecv('victim', call('hang')).catch((error: unknown) => error)
  expect(await linked.sendRecv('victim', call('echo', 1))).toBe(1)
  const began = performance.now()
  victim.signal('SIGKILL')
  const took = await Promise.all(known.map((told) => told.then(() => performance.now() - began)))
  const failure = await asked
  expect(failure).toBeInstanceOf(RuntimeDisconnectedError)
  expect(failure).toMatchObject({ uid: 'victim', executed: 'maybe', reason: 'crashed' })
  console.info(`known dead to all after ${Math.max(...took).toFixed(1)} ms`)
})

test('a process that is killed on another host is known dead as soon as two have lost it, and are refused', async () => {
  const elsewhere = (host: string) => ({ place: { host, process: host } })
  const monitor = await mesh.local('monitor', { introduces: true, roles: ['monitor'] }, elsewhere('one'))
  const other = await mesh.local('other', {}, elsewhere('two'))
  await other.connect(addressOf(monitor))
  const victim = await mesh.remote('victim', addressOf(monitor))
  await other.waitFor('victim')
  const known = [monitor, other].map((comms) => change(comms, 'victim', 'dead'))
  const began = performance.now()
  victim.signal('SIGKILL')
  for (const told of await Promise.all(known)) {
    expect(told).toMatchObject({ reason: 'silent' })
    expect(told.evidence).toMatch(
      /^its connection was closed, its host refuses connections to tcp:\S+; another has lost it too$/,
    )
  }
  console.info(`known dead on other hosts after ${(performance.now() - began).toFixed(1)} ms`)
})

test('a request whose batch never left was certainly not executed', async () => {
  const head = await mesh.local('head', { flow: { windowBytes: 1 } })
  const victim = await mesh.remote('victim', addressOf(head))
  await head.waitFor('victim')
  victim.signal('SIGSTOP')
  const large = Buffer.alloc(300_000)
  const asked = [1, 2, 3].map((n) =>
    head.sendRecv('victim', call('echo', n, large)).catch((error: unknown) => error),
  )
  await head.send('victim', call('hold', 1))
  victim.signal('SIGKILL')
  expect(await asked.at(-1)).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'no' })
  expect(await asked[0]).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
})

test('a frozen process is suspected, then declared dead; when it wakes, a new session is opened', async () => {
  const head = await mesh.local('head', { liveness: { suspicion: 500 } })
  const victim = await mesh.remote('victim', addressOf(head), { liveness: { greetInterval: 500 } })
  await head.waitFor('victim')
  const told: string[] = []
  head.on('peer', ({ is, reason }) => told.push(reason === undefined ? is : `${is} ${reason}`))
  victim.signal('SIGSTOP')
  await change(head, 'victim', 'dead')
  expect(told.slice(-2)).toEqual(['suspect', 'dead silent'])
  victim.signal('SIGCONT')
  await change(head, 'victim', 'alive')
  expect(await head.sendRecv('victim', call('echo', 'back'))).toBe('back')
})

test('a process that is frozen for a second is not declared dead', async () => {
  const head = await mesh.local('head')
  const victim = await mesh.remote('victim', addressOf(head))
  await head.waitFor('victim')
  const told: string[] = []
  head.on('peer', ({ is }) => told.push(is))
  const asked = head.sendRecv('victim', call('echo', 'late'))
  victim.signal('SIGSTOP')
  await change(head, 'victim', 'suspect')
  victim.signal('SIGCONT')
  expect(await asked).toBe('late')
  expect(told).not.toContain('dead')
})

test('a peer that was given up unheard, and finds the other silent, greets it anew', async () => {
  const liveness = { heartInterval: 100, stalledAfter: 250, greetInterval: 500 }
  const head = await mesh.local('head', {}, { dispatch: () => 'here' })
  const peer = await mesh.local('peer', { liveness })
  await peer.connect(addressOf(head))
  const seen: string[] = []
  peer.on('peer', ({ is }) => seen.push(is))
  const lost = head.sendRecv('peer', call('hang')).catch((error: unknown) => error)
  head.obituary('peer', peer.instance) // which is not true, and not told to the peer itself
  expect(await lost).toMatchObject({ code: 'ERR_PEER_LOST' })
  await change(peer, 'head', 'stalled')
  await eventually(() => seen.includes('alive'))
  expect(await peer.sendRecv('head', call('who'))).toBe('here')
})

test('a runtime stops in time although a thread that it is linked to is busy', async () => {
  const threads = new TestMesh('inproc')
  const head = await threads.local('head')
  const peer = await threads.remote('peer', addressOf(head))
  const stalled = head.sendRecv('peer', call('stall', 6500)).catch((error: unknown) => error)
  await change(head, 'peer', 'stalled')
  const free = peer.do('address').then(() => 'the thread was free first')
  expect(await Promise.race([head.stop().then(() => 'stopped'), free])).toBe('stopped')
  expect(await stalled).toMatchObject({ code: 'ERR_CLOSED', executed: 'maybe' })
  await threads.close()
})

describe('a peer on another host, whose connection is lost,', () => {
  const elsewhere = { place: { host: 'elsewhere', process: 'elsewhere' } }
  const liveness = { heartInterval: 200, stalledAfter: 500, greetInterval: 500, suspicion: 1500 }

  test('is dead in time although a runtime of another mesh takes its port', async () => {
    const head = await mesh.local('head', { liveness }, elsewhere)
    const victim = await mesh.remote('victim', addressOf(head), { port: await freePort() })
    await head.waitFor('victim')
    const port = head.uidPort('victim') // which is none of those that runtimes take by default, one after the other
    const dead = change(head, 'victim', 'dead')
    victim.signal('SIGKILL')
    await victim.ended
    await mesh.local('stranger', { port, meshToken: 'another mesh' })
    expect(await dead).toMatchObject({ reason: 'silent' })
  })

  test('is dead in time although a socket that is no runtime takes its port', async () => {
    const head = await mesh.local('head', { liveness }, elsewhere)
    const victim = await mesh.remote('victim', addressOf(head), { port: await freePort() })
    await head.waitFor('victim')
    const address = head.uidAddress('victim') ?? ''
    const dead = change(head, 'victim', 'dead')
    victim.signal('SIGKILL')
    await victim.ended
    const stranger = new Router({ linger: 0 })
    await stranger.bind(address)
    expect(await dead).toMatchObject({ reason: 'silent' })
    stranger.close()
  })

  test('is not dead if it is only busy, however long', async () => {
    const port = await freePort()
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port } })
    const head = await mesh.local('head', { liveness }, elsewhere)
    await mesh.remote('peer', addressOf(head), { port, advertise: proxy.endpoint })
    await head.waitFor('peer')
    const seen: string[] = []
    head.on('peer', ({ is }) => seen.push(is))
    const busy = head.sendRecv('peer', call('stall', 5000))
    await change(head, 'peer', 'stalled')
    proxy.cut()
    expect(await busy).toBe(5000)
    await eventually(() => seen.at(-1) === 'alive')
    expect(seen).toContain('suspect')
    expect(seen).not.toContain('dead')
    await mesh.close()
    await proxy.close()
  })
})
