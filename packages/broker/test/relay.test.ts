import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SocketSpace } from '@skein/core/internal'
import { deferred, eventually, useLedger } from '@skein/test-harness'
import { Broker } from '../src/broker.js'
import type { RelayEndpoints } from '../src/contract.js'
import { statusText } from '../src/status-text.js'
import { BrokerMesh, SILENT, TOKEN } from './support/broker-mesh.js'
import { expectRelayed } from './support/relayed.js'

useLedger()

let mesh: BrokerMesh
let space: SocketSpace
beforeEach(() => {
  mesh = new BrokerMesh()
  space = new SocketSpace()
})
afterEach(async () => {
  await space.close()
  await mesh.close()
})

const ANY = 'tcp://127.0.0.1:0'
const BOUND = /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/

test('cauldron 4: lookup returns the advertised address', async () => {
  const monAddress = 'tcp://127.0.0.1:5999'
  const broker = await mesh.broker({ pubAddress: ANY, subAddress: ANY, monAddress })
  const client = await mesh.client()
  const endpoints = await client.lookup()
  expect(endpoints).toEqual({ publish: expect.stringMatching(BOUND), subscribe: monAddress })
  expect(broker.endpoints).toEqual(endpoints)
})

test('what is published to the address that lookup returns reaches whoever subscribes there', async () => {
  const broker = await mesh.broker({ pubAddress: ANY, subAddress: ANY })
  const client = await mesh.client()
  const endpoints = await client.lookup()
  expect(endpoints.subscribe).toMatch(BOUND)
  await expectRelayed(space, endpoints)

  expect(await client.status()).toMatchObject({ endpoints })
  const text = `publish at ${endpoints.publish}, subscribe at ${endpoints.subscribe}`
  expect(statusText(broker.status())).toContain(`\n${text}`)
})

test('the relay ends with its broker, which leaves its addresses free', async () => {
  const first = await mesh.broker({ pubAddress: ANY, subAddress: ANY })
  const { publish = '', subscribe = '' } = first.endpoints ?? {}
  await first.stop()
  expect(first.endpoints).toBeUndefined()
  const second = await mesh.broker({ pubAddress: publish, subAddress: subscribe })
  expect(second.endpoints).toEqual({ publish, subscribe })
  await second.destroy()
  const socket = space.open('pub')
  await socket.bind(publish)
})

test('a broker whose relay can not be opened does not start, and leaves nothing bound', async () => {
  const holder = space.open('pub')
  await holder.bind('tcp://127.0.0.1:*')
  const [subAddress = ''] = holder.endpoints
  const free = await mesh.broker()
  const { address } = mesh
  await free.stop()
  const options = { address, token: TOKEN, logger: SILENT }
  const failing = new Broker({ ...options, pubAddress: ANY, subAddress })
  await expect(failing.start()).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE', address: subAddress })
  await mesh.broker({ address })
})

test('a broker whose relay can not be opened has answered nobody', async () => {
  const opened = deferred<void>()
  const openRelay = async () => {
    await opened.promise
    throw new RangeError('not today')
  }
  const broker = mesh.add(new Broker({ address: ANY, token: TOKEN, logger: SILENT }, { openRelay }))
  const asked = deferred<void>()
  broker.runtime.use((request, next) => {
    asked.resolve()
    return next(request)
  })
  const started = expect(broker.start()).rejects.toThrow('not today')
  const address = await eventually(() => broker.address)
  const checked = Broker.check({ address, token: TOKEN })
  await asked.promise
  opened.resolve()
  await started
  expect(await checked).toBe(false)
})

test('a broker that relays nothing says so', async () => {
  const broker = await mesh.broker()
  const client = await mesh.client()
  await expect(client.lookup()).rejects.toMatchObject({ code: 'ERR_NO_SUCH_SERVICE' })
  await expect(client.lookup()).rejects.toThrow('it was given no pubAddress and subAddress')
  expect(broker.endpoints).toBeUndefined()
})

test('a broker answers once its relay runs, and says when that has ended', async () => {
  const opened = deferred<void>()
  const ended = deferred<void>()
  const endpoints: RelayEndpoints = { publish: 'tcp://127.0.0.1:1', subscribe: 'tcp://127.0.0.1:2' }
  const openRelay = async () => {
    await opened.promise
    return { endpoints, ended: ended.promise, stop: async () => {} }
  }
  const broker = mesh.add(new Broker({ address: ANY, token: TOKEN, logger: SILENT }, { openRelay }))
  const started = broker.start()
  const address = await eventually(() => broker.address)
  expect(await Broker.check({ address, token: TOKEN, timeout: 200 })).toBe(false)
  opened.resolve()
  await started
  expect(await Broker.check({ address, token: TOKEN })).toBe(true)
  mesh.address = address
  const client = await mesh.client()
  expect(await client.lookup()).toEqual(endpoints)
  ended.resolve()
  await expect(client.lookup()).rejects.toThrow('the relay of this broker has ended')
  expect(broker.endpoints).toBeUndefined()
})
