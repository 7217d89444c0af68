import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deferred, eventually, useLedger } from '@skein/test-harness'
import { Broker } from '../src/broker.js'
import type { ServiceChange } from '../src/contract.js'
import { statusText } from '../src/status-text.js'
import { Worker } from '../src/worker.js'
import { BrokerMesh, SILENT, TOKEN } from './support/broker-mesh.js'

useLedger()

let mesh: BrokerMesh
beforeEach(() => {
  mesh = new BrokerMesh()
})
afterEach(() => mesh.close())

const handlers = { work: (n: number) => n }

test('a second worker of a name whose holder lives is refused, and harms nobody', async () => {
  const broker = await mesh.broker()
  await mesh.worker({ name: 'one', handlers: { work: () => 'first' } })
  const second = new Worker({
    ...mesh.joining,
    service: 'test',
    name: 'one',
    handlers: { work: () => 'second' },
  })
  await expect(second.start()).rejects.toMatchObject({ code: 'ERR_UID_TAKEN' })
  expect(second.isReady).toBe(false)
  const client = await mesh.client()
  expect(await client.ask('test', 'work')).toBe('first')
  expect(broker.service('test')?.workers.length).toBe(1)
})

test('the name of a worker that is gone is free again', async () => {
  await mesh.broker()
  const first = await mesh.worker({ name: 'one', handlers: { work: () => 'first' }, transports: ['tcp'] })
  await first.destroy()
  await mesh.worker({ name: 'one', handlers: { work: () => 'second' } })
  const client = await mesh.client()
  expect(await client.ask('test', 'work')).toBe('second')
})

test('a worker is there although somebody who listens to it throws', async () => {
  await mesh.broker()
  const worker = new Worker({ ...mesh.joining, service: 'test', name: 'one', handlers, logger: SILENT })
  worker.on('ready', () => {
    throw new Error('a mistake')
  })
  await worker.start()
  expect(worker.isReady).toBe(true)
  await worker.stop()
})

test('workers register again by themselves with a broker that was started anew, and clients find it', async () => {
  const first = await mesh.broker()
  const { address } = mesh
  const worker = await mesh.worker({ handlers })
  const client = await mesh.client()
  const events: string[] = []
  worker.on('lost', ({ is }) => events.push(is))
  worker.on('ready', (name) => events.push(`ready with ${name}`))
  await first.stop()
  await eventually(() => events.includes('left'))
  expect(worker.isReady).toBe(false)
  await expect(client.ask('test', 'work', 1)).rejects.toMatchObject({
    code: 'ERR_NO_SUCH_PEER',
    executed: 'no',
  })
  await mesh.broker({ address, name: 'another' })
  await eventually(() => worker.isReady)
  expect(events).toEqual(['left', 'ready with another'])
  await eventually(() => client.runtime.monitor === 'another')
  expect(await client.ask('test', 'work', 1)).toBe(1)
})

test('a worker that a broker has not taken again tries on', async () => {
  const first = await mesh.broker()
  const { address } = mesh
  const worker = await mesh.worker({ handlers })
  const refusals: unknown[] = []
  worker.on('refused', (error) => refusals.push(error))
  await first.stop()
  const second = mesh.add(new Broker({ address, token: TOKEN, logger: SILENT }))
  let asked = 0
  second.runtime.use((request, next) => {
    if (request.message.method === 'register' && ++asked === 1) throw new RangeError('not now')
    return next(request)
  })
  await second.start()
  await eventually(() => worker.isReady)
  expect(refusals).toMatchObject([{ message: 'not now' }])
  expect(asked).toBe(2)
})

test('a broker that stops lets what it has end, and refuses what is new', async () => {
  const broker = await mesh.broker()
  const ending = deferred<string>()
  await mesh.worker({ handlers: { work: () => ending.promise } })
  const client = await mesh.client()
  const asked = client.ask('test', 'work')
  await eventually(() => broker.service('test')?.workers[0]?.busy === 1)
  const watched = client.watch()[Symbol.asyncIterator]()
  await watched.next()
  const stopped = broker.stop({ drain: 5000 })
  await eventually(async () => {
    const refused = await client.locate('test').catch(({ code, executed }) => [code, executed])
    return String(refused) === 'ERR_CLOSED,no'
  })
  ending.resolve('drained')
  expect(await asked).toBe('drained')
  await stopped
  expect(await watched.next()).toMatchObject({ done: true })
})

test('a client that watches learns of the workers that there are, and of each that comes and goes', async () => {
  await mesh.broker()
  const one = await mesh.worker({ name: 'one', handlers })
  const client = await mesh.client()
  const told: ServiceChange[] = []
  const watching = (async () => {
    for await (const change of client.watch('test')) {
      told.push(change)
      if (change.workers === 0) break
    }
  })()
  await eventually(() => told.length === 1)
  await mesh.worker({ name: 'other', service: 'other', handlers })
  const two = await mesh.worker({ name: 'two', handlers, transports: ['tcp'] })
  await one.stop()
  await two.destroy()
  await watching
  expect(told).toEqual([
    { kind: 'joined', service: 'test', worker: 'one', keywords: ['work'], workers: 1 },
    { kind: 'joined', service: 'test', worker: 'two', keywords: ['work'], workers: 2 },
    { kind: 'left', service: 'test', worker: 'one', keywords: ['work'], workers: 1, reason: 'unregistered' },
    { kind: 'left', service: 'test', worker: 'two', keywords: ['work'], workers: 0, reason: 'crashed' },
  ])
})

test('a client can wait for a service', async () => {
  await mesh.broker()
  const client = await mesh.client()
  const waited = client.waitFor('test')
  await expect(client.waitFor('other', { timeout: 50 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: "nobody serves 'other' within 50 ms",
    service: 'other',
  })
  await mesh.worker({ handlers })
  await waited
})

test('whoever waits for a service waits for its broker, too', async () => {
  const first = await mesh.broker()
  const { address } = mesh
  const client = await mesh.client()
  const begun = client.waitFor('test')
  await client.locate('test')
  await first.stop()
  await eventually(() => client.runtime.peers().every(({ state }) => state === 'left'))
  const away = { code: 'ERR_NO_SUCH_PEER', executed: 'no', uid: 'broker', service: 'test' }
  await expect(client.locate('test')).rejects.toMatchObject(away)
  await expect(client.ask('test', 'work')).rejects.toMatchObject({
    ...away,
    method: 'work',
    message: expect.stringContaining(`the broker at ${address} is away`),
  })
  const waited = client.waitFor('test')
  await expect(client.waitFor('test', { timeout: 50 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  const giving = new AbortController()
  const given = client.waitFor('test', { signal: giving.signal })
  giving.abort(new Error('not needed'))
  await expect(given).rejects.toMatchObject({ code: 'ERR_CANCELLED', service: 'test' })
  await mesh.broker({ address, name: 'another' })
  await mesh.worker({ handlers })
  await Promise.all([begun, waited])
  expect(await client.ask('test', 'work', 1)).toBe(1)
  const stopped = expect(client.waitFor('other')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await client.stop()
  await stopped
})

test('whoever watches learns that the broker is lost, and that it was given up', async () => {
  const broker = await mesh.broker({ transports: ['tcp'] })
  const client = await mesh.client()
  await mesh.worker({ handlers })
  const giving = new AbortController()
  const [one, two] = [
    client.watch('test', { signal: giving.signal })[Symbol.asyncIterator](),
    client.watch('test')[Symbol.asyncIterator](),
  ]
  expect([await one.next(), await two.next()]).toMatchObject([{ done: false }, { done: false }])
  giving.abort()
  await expect(one.next()).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  await broker.destroy()
  await expect(two.next()).rejects.toMatchObject({ code: 'ERR_PEER_LOST' })
})

test('clients are known while they are there, and expire when they are gone', async () => {
  const broker = await mesh.broker()
  const one = await mesh.client('one')
  const two = await mesh.client('two')
  expect(broker.status().clients.map(({ name }) => name)).toEqual(['one', 'two'])
  await one.stop()
  await eventually(() => broker.status().clients.length === 1)
  await two.destroy()
  await eventually(() => broker.status().clients.length === 0)
})

test('the status is for programs, and for people', async () => {
  const broker = await mesh.broker()
  await mesh.worker({ name: 'one', handlers, concurrency: 2 })
  const client = await mesh.client('asker')
  await client.ask('test', 'work', 1)
  await client.ask('test', 'nothing').catch(() => {})
  const status = await client.status()
  expect(status).toEqual(broker.status())
  expect(status).toEqual({
    name: 'broker',
    address: mesh.address,
    services: [
      {
        name: 'test',
        queued: 0,
        workers: [{ name: 'one', state: 'alive', keywords: ['work'], concurrency: 2, busy: 0 }],
      },
    ],
    clients: [{ name: 'asker', state: 'alive' }],
    counts: { asked: 2, answered: 1, failed: 1, redone: 0, broadcast: 0 },
  })
  expect(statusText(status)).toBe(
    `broker at ${mesh.address}: 1 service, 1 client
2 asked, 1 answered, 1 failed, 0 given to another worker, 0 broadcast
test: 1 worker, 0 waiting
  one  alive  0/2 busy  work`,
  )
})

test('serve runs a broker until it is told to stop, and throws what it can not start for', async () => {
  const stopping = new AbortController()
  let ended = false
  const serving = Broker.serve(
    { address: 'tcp://127.0.0.1:0', token: TOKEN },
    {
      signal: stopping.signal,
      onReady: async ({ address = '' }) => {
        expect(await Broker.check({ address, token: TOKEN })).toBe(true)
        await expect(Broker.serve({ address, token: TOKEN })).rejects.toMatchObject({
          code: 'ERR_ADDRESS_IN_USE',
        })
        expect(ended).toBe(false)
        stopping.abort()
      },
    },
  )
  await serving
  ended = true
})

test('a worker that nobody takes is not started, and leaves nothing open', async () => {
  await mesh.broker()
  const worker = new Worker({
    ...mesh.joining,
    token: 'another token',
    service: 'test',
    handlers,
    handshake: { timeout: 200 },
  })
  await expect(worker.start()).rejects.toMatchObject({ code: 'ERR_HANDSHAKE_TIMEOUT' })
})
