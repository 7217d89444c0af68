import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Runtime } from '@skein/runtime'
import { eventually, useLedger } from '@skein/test-harness'
import { Dealer } from 'zeromq'
import { Broker } from '../src/broker.js'
import { BROKER } from '../src/contract.js'
import { BrokerMesh, SILENT, TOKEN } from './support/broker-mesh.js'

useLedger()

let mesh: BrokerMesh
beforeEach(() => {
  mesh = new BrokerMesh()
})
afterEach(() => mesh.close())

test('cauldron 1: a worker that registers is confirmed, and counted once; nothing more is said to it', async () => {
  const broker = await mesh.broker()
  const asked: string[] = []
  const worker = await mesh.worker({ name: 'one', handlers: { work: () => 1 }, concurrency: 3 })
  worker.runtime.use((request, next) => {
    asked.push(request.message.method)
    return next(request)
  })
  expect(worker.isReady).toBe(true)
  const one = { name: 'one', state: 'alive', keywords: ['work'], concurrency: 3, busy: 0 }
  expect(broker.service('test')?.status()).toEqual({ name: 'test', workers: [one], queued: 0 })

  // To confirm it again is no second worker.
  const changes: string[] = []
  broker.on('change', ({ kind }) => changes.push(kind))
  const call = { service: BROKER, method: 'register' }
  const args = [{ service: 'test', keywords: ['work'], concurrency: 3 }]
  await worker.runtime.comms.sendRecv(broker.name, { ...call, args })
  expect(broker.service('test')?.workers).toEqual([one])
  expect({ asked, changes }).toEqual({ asked: [], changes: [] })

  // Other words take the place of the first.
  const other = [{ service: 'other', keywords: ['rest'], concurrency: 1 }]
  await worker.runtime.comms.sendRecv(broker.name, { ...call, args: other })
  expect(broker.status().services).toMatchObject([{ name: 'other', workers: [{ keywords: ['rest'] }] }])
  expect(changes).toEqual(['left', 'joined'])
})

test('cauldron 2: an unknown command is answered with an error, and so is nonsense in a known one', async () => {
  const broker = await mesh.broker()
  const { runtime } = await mesh.client()
  const ask = (method: string, ...args: unknown[]) =>
    runtime.comms.sendRecv(broker.name, { service: BROKER, method, args })
  await expect(ask('nonsense')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD', executed: 'no' })
  for (const method of ['register', 'locate', 'ask', 'scatter', 'broadcast']) {
    for (const args of [[], [7], [null, null], [{}, []], ['', ''], ['-', ''], [{ keywords: [1] }]])
      await expect(ask(method, ...args)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
  }
  expect(broker.status().services).toEqual([])
})

test('cauldron 3: check is false without a broker, true with one, and leaves nothing open', async () => {
  const broker = await mesh.broker()
  const { address } = mesh
  expect(await Broker.check({ address, token: TOKEN })).toBe(true)
  expect(await Broker.check({ address, token: 'another token', timeout: 200 })).toBe(false)
  await eventually(() => broker.runtime.peers().every(({ state }) => state === 'left' || state === 'dead'))
  expect(broker.status().clients).toEqual([])
  await broker.stop()
  expect(await Broker.check({ address, token: TOKEN })).toBe(false)

  const other = mesh.add(new Runtime({ uid: 'other', meshToken: TOKEN, port: 0, logger: SILENT }))
  await other.start()
  expect(await Broker.check({ address: other.comms.address ?? '', token: TOKEN })).toBe(false)
  await expect(Broker.check({ address: 'nowhere', token: TOKEN })).rejects.toMatchObject({
    code: 'ERR_INVALID_ADDRESS',
  })
  // @ts-expect-error: there is no token
  await expect(Broker.check({ address })).rejects.toMatchObject({ option: 'token' })
})

test('cauldron 5: locate says no, yes and no around registration and expiry, and creates nothing', async () => {
  const broker = await mesh.broker()
  const client = await mesh.client()
  expect(await client.locate('test')).toBe(false)
  expect(broker.status().services).toEqual([])
  const worker = await mesh.worker({ handlers: { work: () => 1 } })
  expect(await client.locate('test')).toBe(true)
  expect(await client.locate('other')).toBe(false)
  await worker.stop()
  expect(await client.locate('test')).toBe(false)

  const crashing = await mesh.worker({ handlers: { work: () => 1 }, transports: ['tcp'] })
  expect(await client.locate('test')).toBe(true)
  await crashing.destroy()
  await eventually(async () => !(await client.locate('test')))
  expect(broker.status().services).toEqual([])
})

test('cauldron 6: payloads survive the way to a worker and back, each answer with its request', async () => {
  await mesh.broker()
  await mesh.worker({ handlers: { echo: (payload: unknown) => payload }, concurrency: 100 })
  const client = await mesh.client()
  const payloads: readonly unknown[] = [
    undefined,
    null,
    -0,
    'text ✓',
    10n ** 30n,
    new Date(0),
    new Map([[{ a: 1 }, new Set([1])]]),
    [[], {}, { deep: [{ er: /x/gi }] }],
    randomBytes(3),
    randomBytes(10_000),
    new Float64Array([Math.PI, Number.NaN]),
  ]
  const answers = await Promise.all(payloads.map((payload) => client.ask('test', 'echo', payload)))
  expect(answers).toEqual(payloads)
  const numbers = Array.from({ length: 500 }, (_, n) => n)
  expect(await Promise.all(numbers.map((n) => client.ask('test', 'echo', n)))).toEqual(numbers)
})

test("cauldron 7: a worker's error reaches the client as an error, with name, message and code", async () => {
  await mesh.broker()
  const { name } = await mesh.worker({
    handlers: {
      type: () => {
        throw new TypeError('not of that type')
      },
      coded: async () => {
        throw Object.assign(new Error('busy'), { code: 'EBUSY', name: 'CodedError' })
      },
    },
  })
  const client = await mesh.client()
  await expect(client.ask('test', 'type')).rejects.toThrow(new TypeError('not of that type'))
  const coded = await client.ask('test', 'coded').catch((error: unknown) => error)
  expect(coded).toBeInstanceOf(Error)
  expect(coded).toMatchObject({ code: 'EBUSY', name: 'CodedError', message: 'busy' })
  expect((await client.status()).services[0]?.workers).toMatchObject([{ name, busy: 0 }])
})

test("cauldron 8: scatter gives the results of two by name, one's failure beside the other's result; none is an error", async () => {
  await mesh.broker()
  const client = await mesh.client()
  await expect(client.scatter('test', 'work')).rejects.toMatchObject({
    code: 'ERR_NO_SUCH_SERVICE',
    executed: 'no',
  })
  await mesh.worker({ name: 'one', handlers: { work: (n: number) => n + 1 } })
  await mesh.worker({
    name: 'two',
    handlers: {
      work: (n: number) => {
        if (n === 7) throw new RangeError('not seven')
        return n + 2
      },
    },
  })
  expect(await client.scatter('test', 'work', 1)).toEqual([
    { worker: 'one', status: 'fulfilled', value: 2 },
    { worker: 'two', status: 'fulfilled', value: 3 },
  ])
  expect(await client.scatter('test', 'work', 7)).toEqual([
    { worker: 'one', status: 'fulfilled', value: 8 },
    { worker: 'two', status: 'rejected', reason: new RangeError('not seven') },
  ])
  await expect(client.scatter('test', 'nothing')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD' })
})

test('cauldron 11: 1000 random, short and non-UTF-8 messages leave it serving', async () => {
  const broker = await mesh.broker({ transports: ['tcp'] })
  await mesh.worker({ handlers: { echo: (n: number) => n } })
  const client = await mesh.client()
  const stranger = new Dealer({ linger: 0 })
  stranger.connect(mesh.address)
  const kinds = [
    () => randomBytes(1 + Math.floor(Math.random() * 200)),
    () => randomBytes(Math.floor(Math.random() * 4)),
    () => Buffer.from([0xc3, 0x28, 0xff, 0xfe]),
    () => Buffer.from('MDPC02 echo \u0001'),
  ]
  for (let n = 0; n < 1000; n++) {
    const frames = Array.from({ length: 1 + (n % 5) }, (_, i) => kinds[(n + i) % kinds.length]?.() ?? '')
    await stranger.send(frames)
    if (n % 100 === 0) expect(await client.ask('test', 'echo', n)).toBe(n)
  }
  const { comms } = broker.runtime
  await eventually(() => Object.values(comms.drops).reduce((sum, n) => sum + n, 0) === 1000)
  stranger.close()
  expect(await client.ask('test', 'echo', 'on')).toBe('on')
})

test('cauldron 12: two ensure at once leave one broker, which both can use', async () => {
  const free = await mesh.broker()
  const { address } = mesh
  await free.stop()
  const config = { address, token: TOKEN }
  const found = await Promise.all([
    Broker.ensure(config, { runner: 'inline' }),
    Broker.ensure(config, { runner: 'inline' }),
  ])
  for (const each of found) mesh.add(each)
  expect(found.map(({ started }) => started).sort()).toEqual([false, true])
  await mesh.worker({ handlers: { echo: (n: number) => n } })
  for (const each of found) {
    expect(each.address).toBe(address)
    const client = await mesh.client()
    expect(await client.ask('test', 'echo', 1)).toBe(1)
  }
  const third = await Broker.ensure(config, { runner: 'inline' })
  expect(third.started).toBe(false)
  await third.stop()
  expect(await Broker.check({ address, token: TOKEN })).toBe(true)
})
