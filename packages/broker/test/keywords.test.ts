import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deferred, eventually, useLedger } from '@skein/test-harness'
import type { Broker } from '../src/broker.js'
import type { Client } from '../src/client.js'
import { BROKER, type ServiceChange } from '../src/contract.js'
import { Service } from '../src/service.js'
import { BrokerMesh } from './support/broker-mesh.js'

useLedger()

let mesh: BrokerMesh
let broker: Broker
let client: Client
beforeEach(async () => {
  mesh = new BrokerMesh()
  broker = await mesh.broker()
  client = await mesh.client()
})
afterEach(() => mesh.close())

const lacking = { code: 'ERR_NO_SUCH_METHOD', executed: 'no' }

test('a worker takes up keywords and drops them, and whoever watches is told', async () => {
  const worker = await mesh.worker({ name: 'one', handlers: { a: () => 'a' } })
  const changes: ServiceChange[] = []
  broker.on('change', (change) => changes.push(change))
  await worker.handle('b', (text: string, { keyword }) => `${keyword}: ${text}`)
  expect(worker.keywords).toEqual(['a', 'b'])
  expect(await client.ask('test', 'b', 'text')).toBe('b: text')
  await worker.handle('b', () => 'another')
  expect(await client.ask('test', 'b')).toBe('another')
  expect(await worker.unhandle('a')).toBe(true)
  expect(await worker.unhandle('a')).toBe(false)
  await expect(client.ask('test', 'a')).rejects.toMatchObject(lacking)
  const change = { kind: 'changed', service: 'test', worker: 'one', workers: 1 }
  expect(changes).toEqual([
    { ...change, before: ['a'], keywords: ['a', 'b'] },
    { ...change, before: ['a', 'b'], keywords: ['b'] },
  ])
  await expect(worker.handle('', () => 1)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
})

test('what a worker has of a keyword that it drops goes on in its slot; what waits for it fails', async () => {
  const { promise, resolve } = deferred<string>()
  const worker = await mesh.worker({ handlers: { a: () => promise, b: () => 'b' } })
  const first = client.ask('test', 'a')
  await eventually(() => broker.service('test')?.workers[0]?.busy === 1)
  const waiting = client.ask('test', 'a')
  await eventually(() => broker.service('test')?.queued === 1)
  const failing = expect(waiting).rejects.toMatchObject(lacking)
  await worker.unhandle('a')
  await failing
  expect(broker.service('test')?.workers).toMatchObject([{ keywords: ['b'], busy: 1 }])
  resolve('done')
  expect(await first).toBe('done')
})

test('a worker that has dropped all of its keywords serves nothing until it has one again', async () => {
  const worker = await mesh.worker({ handlers: { a: () => 'a' } })
  await worker.unhandle('a')
  await expect(client.ask('test', 'a')).rejects.toThrow('they have none')
  await worker.handle('a', () => 'again')
  expect(await client.ask('test', 'a')).toBe('again')
})

test('a keyword that moves to another worker is asked of that one', async () => {
  const one = await mesh.worker({ name: 'one', handlers: { moving: () => 'one', rest: () => 1 } })
  const two = await mesh.worker({ name: 'two', handlers: { rest: () => 2 } })
  const service = broker.service('test')
  expect(service?.owner('moving')?.name).toBe('one')
  const asked: Promise<unknown>[] = []
  const ask = () => void asked.push(client.ask('test', 'moving'))
  for (let n = 0; n < 20; n++) ask()
  await two.handle('moving', () => 'two')
  for (let n = 0; n < 20; n++) ask()
  await one.unhandle('moving')
  for (let n = 0; n < 20; n++) ask()
  const answers = await Promise.all(asked)
  expect(answers.slice(40)).toEqual(new Array(20).fill('two'))
  expect(service?.owners('moving').map(({ name }) => name)).toEqual(['two'])
})

test('an owner that turns out not to have a keyword is asked for it no more, and another one is', async () => {
  const one = await mesh.worker({ name: 'one', handlers: { moving: () => 'one', rest: () => 1 } })
  await one.unhandle('moving')
  // It says that it had it, as if that had crossed with the request.
  const lie = [{ service: 'test', keywords: ['moving', 'rest'], concurrency: 1 }]
  await one.runtime.comms.sendRecv(broker.name, { service: BROKER, method: 'register', args: lie })
  await expect(client.ask('test', 'moving')).rejects.toMatchObject(lacking)
  expect(broker.service('test')?.owner('moving')).toBeUndefined()

  await one.runtime.comms.sendRecv(broker.name, { service: BROKER, method: 'register', args: lie })
  await mesh.worker({ name: 'two', handlers: { moving: () => 'two', own: () => 2 } })
  await client.ask('test', 'own')
  expect(broker.service('test')?.owner('moving')?.name).toBe('one')
  expect(await client.ask('test', 'moving')).toBe('two')
  expect(broker.status().counts).toMatchObject({ redone: 1 })
})

test('keywords that change while the broker is away are told to the next', async () => {
  const worker = await mesh.worker({ handlers: { a: () => 'a' } })
  const { address } = mesh
  await broker.stop()
  await eventually(() => !worker.isReady)
  await worker.handle('b', () => 'b')
  await worker.unhandle('a')
  const next = await mesh.broker({ address })
  await eventually(() => worker.isReady)
  expect(next.service('test')?.keywords).toEqual(['b'])
})

/** From now on registrations wait until they are let through. */
function holdRegistrations() {
  const held = deferred<void>()
  const begun = deferred<void>()
  broker.runtime.use(async (request, next) => {
    if (request.message.method === 'register') {
      begun.resolve()
      await held.promise
    }
    return next(request)
  })
  return { begun: begun.promise, letThrough: () => held.resolve() }
}

test('a keyword that is dropped is served until the broker knows', async () => {
  const worker = await mesh.worker({ handlers: { a: () => 'a', b: () => 'b' } })
  const { begun, letThrough } = holdRegistrations()
  const dropped = worker.unhandle('a')
  await begun
  expect(await client.ask('test', 'a')).toBe('a')
  letThrough()
  expect(await dropped).toBe(true)
  await expect(client.ask('test', 'a')).rejects.toMatchObject(lacking)
})

test('keywords that change while a worker registers are told too', async () => {
  const { begun, letThrough } = holdRegistrations()
  const starting = mesh.worker({ name: 'one', handlers: { a: () => 'a' } })
  await begun
  const worker = mesh.latest
  await worker?.handle('b', () => 'b')
  letThrough()
  await starting
  expect(broker.service('test')?.keywords).toEqual(['a', 'b'])
})

test('a service is seen as it is, now and later', async () => {
  expect(broker.service('test')).toBeUndefined()
  const one = await mesh.worker({ name: 'one', handlers: { a: () => 1, both: () => 1 }, concurrency: 2 })
  const service = broker.service('test')
  expect(service).toBeInstanceOf(Service)
  await mesh.worker({ name: 'two', handlers: { b: () => 2, both: () => 2 } })
  expect(service).toMatchObject({ name: 'test', keywords: ['a', 'both', 'b'], queued: 0 })
  expect(service?.workers.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(service?.owner('a')?.name).toBe('one')
  expect(service?.owner('none')).toBeUndefined()
  const next = service?.owner('both')?.name
  await client.ask('test', 'both')
  expect(service?.owners('both').map(({ name }) => name)).toEqual(
    next === 'one' ? ['two', 'one'] : ['one', 'two'],
  )
  expect(service?.status()).toEqual(broker.status().services[0])
  await one.stop()
  expect(service?.keywords).toEqual(['b', 'both'])
})
