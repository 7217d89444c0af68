import { createServer } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { eventually, once, useLedger } from '@skein/test-harness'
import type { CloseReason, Connection } from '../src/connection.js'
import { ChannelContext } from '../src/context.js'
import { portOfName } from '../src/port-name.js'
import { at, Contexts, hostOf, join, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

test('yoton 5: port names hash to the ports that they have always had', async () => {
  expect(['whop', 'test', 'split1'].map(portOfName)).toEqual([62_578, 56_337, 59_910])
  const host = await contexts.open().bind(`localhost:${contexts.open().id}`, { maxTries: 50 })
  expect(host.port).toBeGreaterThanOrEqual(49_152)
  const memory = new MemoryContexts()
  for (const address of [
    'localhost:test+10000',
    'localhost:80',
    'localhost',
    'localhost:',
    'localhost:70000',
  ])
    await expect(memory.open().bind(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ADDRESS' })
  await memory.close()
})

test('yoton 6: a busy port with maxTries takes a later one and reports it, with 1 it names the address', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const busy = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const context = contexts.open()
    const host = await context.bind(`localhost:${busy}`, { maxTries: 5 })
    expect(host.port).toBeGreaterThan(busy)
    expect(host.port).toBeLessThan(busy + 5)
    await expect(context.bind(`localhost:${busy}`)).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(`localhost:${busy}`),
      address: `localhost:${busy}`,
    })
    expect(context.connectionsAll.length).toBe(1)
  } finally {
    server.close()
    await once(server, 'close')
  }
})

test('yoton 7: self-connect rejects, and connecting to nothing within the timeout, naming the cause', async () => {
  const context = contexts.open()
  const host = await hostOf(context)
  await expect(context.connect(`localhost:${host.port}`)).rejects.toMatchObject({
    code: 'ERR_INVALID_ADDRESS',
  })
  await expect(context.connect('localhost:1025', { timeout: 200 })).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
    message: expect.stringContaining('127.0.0.1:1025'),
    timeoutMs: 200,
  })
  expect([...context.connectionsAll]).toEqual([host])
})

test('a context that is bound while another tries to connect is found within the timeout', async () => {
  const [a, b] = [contexts.open(), contexts.open()]
  const probe = await hostOf(b)
  const { port } = probe
  await probe.close()
  const connecting = a.connect(`localhost:${port}`, { timeout: 8000 })
  await eventually(() => a.connectionsAll.at(0)?.state === 'waiting')
  await b.bind(`localhost:${port}`)
  expect((await connecting).state).toBe('connected')
})

test('yoton 8: connections are looked up by name, pending ones too, and an unknown name is an error', async () => {
  const [a, b] = [contexts.open(), contexts.open()]
  const host = await hostOf(a, 'door')
  expect(a.connectionsAll.get('door')).toBe(host)
  expect([host.state, a.connections.length, a.connectionCount]).toEqual(['waiting', 0, 0])
  expect(() => a.connections.get('door')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))

  const connecting = b.connect(`localhost:${host.port}`, { name: 'way', timeout: 5000 })
  expect(b.connectionsAll.get('way').state).toBe('waiting')
  const connection = await connecting
  expect(b.connections.get('way')).toBe(connection)
  await eventually(() => host.state === 'hosting')
  expect([a.connections.at(0), a.connectionCount, b.connectionCount]).toEqual([host, 1, 1])
  expect(host.contexts).toEqual([b.id])
  await expect(b.connect(`localhost:${host.port}`, { name: 'way' })).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  })
  await join(contexts.open(), a)
  expect([a.connections.length, a.connectionCount]).toEqual([1, 2])
})

test('yoton 9: a stalled peer gives timedout true, then false, and the connection stays', async () => {
  const memory = new MemoryContexts()
  const [a, b] = [memory.open(), memory.open()]
  const host = await a.bind('localhost:door')
  const connection = await memory.connect(b, host)
  const seen: boolean[] = []
  host.on('timedout', (_, isTimedOut) => seen.push(isTimedOut))
  memory.stall(1)
  await memory.clock.advance(20_000)
  expect([seen, host.isTimedOut, host.state]).toEqual([[true], true, 'hosting'])
  memory.resume(1)
  await memory.clock.advance(2000)
  expect([seen, host.isTimedOut, connection.state]).toEqual([[true, false], false, 'connected'])
  await memory.close()
})

test('yoton 10: each reason for closing is told apart, at both ends', async () => {
  const memory = new MemoryContexts()
  const pair = async () => {
    const size = hosts.length
    const [a, b] = [memory.open(), memory.open()]
    const host = await a.bind('localhost:door')
    hosts.push(host, host)
    const guest = await memory.connect(b, host)
    const told: string[] = []
    host.on('closed', (_, reason) => told.push(`host closed: ${reason}`))
    host.on('parted', (_, id, reason) => told.push(`guest ${id === b.id ? 'gone' : '?'}: ${reason}`))
    guest.on('closed', (_, reason: CloseReason) => told.push(`guest closed: ${reason}`))
    return { host, guest, told, at: [String(size), String(size + 1)] as const }
  }
  const hosts: Connection[] = []

  const first = await pair()
  await memory.inTime(first.guest.close())
  await memory.clock.advance(100)
  expect(first.told.sort()).toEqual(['guest closed: closed', 'guest gone: closed by peer'])
  expect([first.host.state, first.guest.state]).toEqual(['waiting', 'closed'])

  const second = await pair()
  await memory.inTime(second.host.close())
  await memory.clock.advance(3000)
  expect(second.told.sort()).toEqual([
    'guest closed: closed by peer',
    'guest gone: closed',
    'host closed: closed',
  ])

  const third = await pair()
  memory.network.partition(...third.at)
  await memory.clock.advance(20_000)
  expect(third.told.sort()).toEqual(['guest closed: peer lost', 'guest gone: peer lost'])

  const fourth = await pair()
  memory.network.kill(fourth.at[1])
  await memory.clock.advance(1000)
  expect(fourth.told).toEqual(['guest gone: peer died'])
  await memory.close()
})

test('without a token, contexts of one user on one machine find each other', async () => {
  const [a, b] = [new ChannelContext(), new ChannelContext()]
  try {
    await join(a, b)
    expect(a.connectionCount).toBe(1)
  } finally {
    await Promise.all([a.close(), b.close()])
  }
})

test('a context with another token is not let in', async () => {
  const host = await hostOf(contexts.open())
  const stranger = contexts.open({ token: 'another token' })
  await expect(stranger.connect(`localhost:${host.port}`, { timeout: 300 })).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
  })
  expect(host.contexts).toEqual([])
})

test('where others can reach it a context wants a token, and leave', async () => {
  await expect(new ChannelContext().bind('0.0.0.0:5000')).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  })
  await expect(contexts.open().bind('0.0.0.0:5000')).rejects.toMatchObject({ code: 'ERR_INSECURE' })
})

test('a context can be used again after close', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  await at([a, b], 0)?.close()
  expect([a?.connectionCount, a?.connectionsAll.length]).toEqual([0, 0])
  if (a !== undefined && b !== undefined) await join(a, b)
  expect(a?.connectionCount).toBe(1)
})

test('options are checked', async () => {
  const wrong = { code: 'ERR_INVALID_OPTION' }
  expect(() => new ChannelContext({ token: 'short' })).toThrow(expect.objectContaining(wrong))
  expect(() => Reflect.construct(ChannelContext, [{ tokn: 'a typing error' }])).toThrow(
    expect.objectContaining(wrong),
  )
  const context = contexts.open()
  await expect(context.bind('localhost:5000', { maxTries: 0 })).rejects.toMatchObject(wrong)
  await expect(context.bind('localhost:5000', { name: '' })).rejects.toMatchObject(wrong)
  await expect(context.connect('localhost:5000', { timeout: -1 })).rejects.toMatchObject(wrong)
})
