import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { runNode } from '@skein/test-harness'
import { Router } from 'zeromq'
import { parseEndpoint } from '../../src/transport/zmq/addresses.js'
import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { dialled, filled, listening, numbers, text } from './observed.js'

function portOf(endpoint: string): number {
  const address = parseEndpoint(endpoint)
  return address.scheme === 'tcp' ? address.port : Number.NaN
}

describe('the ZeroMQ transport', () => {
  let transport: ZmqTransport

  beforeEach(() => {
    transport = new ZmqTransport()
  })

  afterEach(() => transport.close())

  test('names its endpoints from the cheapest to the dearest, and serves them all with one callback', async () => {
    const instance = randomUUID()
    const { inbound, inbox } = await listening(transport, { schemes: ['tcp', 'inproc', 'ipc'], instance })
    expect(inbound.endpoints).toEqual([
      `inproc://skein-${instance}`,
      expect.stringMatching(new RegExp(`^ipc:///.*/${instance}\\.sock$`)),
      expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
    ])
    for (const endpoint of inbound.endpoints) await dialled(transport, endpoint).outbound.send(text(endpoint))
    await inbox.has(3)
    expect(inbox.texts.sort()).toEqual([...inbound.endpoints].sort())
  })

  describe('when it binds', () => {
    const tcp = { schemes: ['tcp' as const] }

    test('takes the first free port from 3000 up if none is asked for', async () => {
      const first = portOf((await listening(transport, { ...tcp, port: undefined })).endpoint)
      const second = portOf((await listening(transport, { ...tcp, port: undefined })).endpoint)
      expect(first).toBeGreaterThanOrEqual(3000)
      // Not always above the first: what another process held may be free by now.
      expect(second).toBeGreaterThanOrEqual(3000)
      expect(second).not.toBe(first)
    })

    test('takes exactly the port that is asked for, or names it as taken', async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const address = other.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      await expect(listening(transport, { ...tcp, port })).rejects.toMatchObject({
        code: 'ERR_ADDRESS_IN_USE',
        address: `tcp://127.0.0.1:${port}`,
      })
      await new Promise((resolve) => other.close(resolve))
      expect((await listening(transport, { ...tcp, port })).endpoint).toBe(`tcp://127.0.0.1:${port}`)
    })

    test('leaves nothing bound if one of several addresses is taken', async () => {
      const { endpoint } = await listening(transport, tcp)
      const instance = randomUUID()
      const all = { schemes: ['inproc', 'ipc', 'tcp'] as const, instance }
      await expect(listening(transport, { ...all, port: portOf(endpoint) })).rejects.toMatchObject({
        code: 'ERR_ADDRESS_IN_USE',
      })
      const { inbound } = await listening(transport, all)
      expect(inbound.endpoints).toHaveLength(3)
    })

    test.each([
      ['a host name', 'localhost', /^tcp:\/\/127\.0\.0\.1:\d+$/],
      ['an IPv6 address', '::1', /^tcp:\/\/\[::1\]:\d+$/],
      ['a wildcard', '0.0.0.0', /^tcp:\/\/0\.0\.0\.0:\d+$/],
      ['the other wildcard', '*', /^tcp:\/\/0\.0\.0\.0:\d+$/],
      ['the IPv6 wildcard', '::', /^tcp:\/\/\[::\]:\d+$/],
    ])('binds %s', async (_, host, endpoint) => {
      const bound = await listening(transport, { ...tcp, host })
      expect(bound.endpoint).toMatch(endpoint)
      const port = portOf(bound.endpoint)
      const near = host.includes(':') ? `tcp://[::1]:${port}` : `tcp://localhost:${port}`
      await dialled(transport, near).outbound.send(text('x'))
      await bound.inbox.has(1)
    })

    test('takes IPv4 connections on the IPv6 wildcard', async () => {
      const { endpoint, inbox } = await listening(transport, { ...tcp, host: '::' })
      await dialled(transport, `tcp://127.0.0.1:${portOf(endpoint)}`).outbound.send(text('x'))
      await inbox.has(1)
    })

    test.each([
      ["another machine's address", { host: '192.0.2.1' }, 'ERR_ADDRESS_UNAVAILABLE'],
      ['no address at all', { host: 'not a host' }, 'ERR_INVALID_ADDRESS'],
      ['a name that nobody has', { host: 'nobody.invalid' }, 'ERR_INVALID_ADDRESS'],
      ['a port that does not exist', { port: 65_536 }, 'ERR_INVALID_OPTION'],
      ['a scheme of another transport', { schemes: ['mem' as const] }, 'ERR_INVALID_OPTION'],
      ['no scheme', { schemes: [] }, 'ERR_INVALID_OPTION'],
      [
        'an instance that is no file name',
        { schemes: ['ipc' as const], instance: '../x' },
        'ERR_INVALID_OPTION',
      ],
    ])('refuses %s', async (_, options, code) => {
      await expect(listening(transport, { ...tcp, ...options })).rejects.toMatchObject({ code })
    })
  })

  describe('when it dials', () => {
    test.each([
      'tcp://127.0.0.1:0',
      'tcp://127.0.0.1:65536',
      'tcp://127.0.0.1',
      'tcp://*:3000',
      'tcp://[127.0.0.1]:3000',
      'tcp://10.0.0.1;127.0.0.1:3000',
      'ipc://relative/path',
      `ipc:///tmp/${'x'.repeat(120)}`,
      'inproc://with space',
      'mem://x',
    ])('refuses %s', (endpoint) => {
      expect(() => dialled(transport, endpoint)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }),
      )
    })

    test('reports down for a host name that nobody has', async () => {
      const { down } = dialled(transport, 'tcp://nobody.invalid:3000')
      expect(await down).toContain('nobody.invalid')
    })

    test('reports down for an inproc endpoint that nobody listens at', async () => {
      const endpoint = `inproc://${randomUUID()}`
      const { down, events } = dialled(transport, endpoint)
      expect(events).toEqual([])
      expect(await down).toBe('could not connect')
    })

    test('reaches a listener with hundreds of watched connections at once', async () => {
      const { endpoint, inbox } = await listening(transport, { schemes: ['tcp'] })
      // Each takes three sockets, more altogether than libzmq has by default.
      const patient = { watch: true, heartbeatInterval: 5_000, heartbeatTimeout: 20_000 }
      const all = numbers(400).map((each) => ({ each, ...dialled(transport, endpoint, patient) }))
      await Promise.all(all.map(({ up }) => up))
      await Promise.all(all.map(({ outbound, each }) => outbound.send(text(each))))
      await inbox.has(400)
      expect(inbox.texts.sort()).toEqual(numbers(400).sort())
    })

    test('never reaches who binds the port next', async () => {
      const first = await listening(transport, { schemes: ['tcp'] })
      const { bare: outbound, down } = dialled(transport, first.endpoint)
      await first.inbound.close()
      await down
      const { waiting } = await filled(outbound)
      const second = await listening(transport, { schemes: ['tcp'], port: portOf(first.endpoint) })
      // Stays silent for as long as a connection would need to be made again.
      const mute = createServer((socket) => socket.resume())
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
      const address = mute.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      await dialled(transport, `tcp://127.0.0.1:${port}`).down
      await new Promise((resolve) => mute.close(resolve))
      expect(second.inbox.texts).toEqual([])
      outbound.close()
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    })
  })

  test('lets the event loop turn while it reads a flood', async () => {
    let sinceTurn = 0
    let most = 0
    let read = 0
    const options = { schemes: ['tcp'] as const, host: '127.0.0.1', port: 0, instance: randomUUID() }
    const batch = () => {
      read++
      most = Math.max(most, ++sinceTurn)
      const until = performance.now() + 0.1 // slow enough that batches gather
      while (performance.now() < until);
    }
    const { endpoints } = await transport.listen({ ...options, frameBytes: 1024 }, { batch, settled() {} })
    const peer = new ZmqTransport()
    const { outbound } = dialled(peer, endpoints[0] ?? '')
    const sent = (async () => {
      for (const each of numbers(3000)) await outbound.send(text(each))
    })()
    while (read < 3000) {
      sinceTurn = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
    await sent
    await peer.close()
    expect(most).toBeLessThanOrEqual(65)
  })

  describe('when it probes', () => {
    test.each([
      ['tcp', 'accepted'],
      ['ipc', 'accepted'],
      ['inproc', 'unknown'],
    ] as const)('tells a listener at %s from none', async (scheme, verdict) => {
      const { endpoint, inbound } = await listening(transport, { schemes: [scheme] })
      expect(await transport.probe(endpoint, 1000)).toBe(verdict)
      await inbound.close()
      expect(await transport.probe(endpoint, 1000)).toBe('refused')
    })

    test('tells whose port it is from any that has come to be another’s', async () => {
      const { endpoint } = await listening(transport, { schemes: ['tcp'], instance: 'whose' })
      expect(await transport.probe(endpoint, 1000, 'whose')).toBe('accepted')
      expect(await transport.probe(endpoint, 1000, 'another')).toBe('refused')
      const nameless = new Router({ linger: 0 })
      await nameless.bind('tcp://127.0.0.1:*')
      expect(await transport.probe(nameless.lastEndpoint ?? '', 1000, 'whose')).toBe('refused')
      nameless.close()
    })

    test('hangs up at once', async () => {
      const hungUp = new Promise<void>((resolve) => {
        const server = createServer((socket) => {
          socket.resume().once('close', () => server.close(() => resolve()))
        })
        server.listen(0, '127.0.0.1', () => {
          const address = server.address()
          const port = typeof address === 'object' && address !== null ? address.port : 0
          void transport.probe(`tcp://127.0.0.1:${port}`, 1000)
        })
      })
      await hungUp
    })

    test('does not know about a host name that nobody has', async () => {
      expect(await transport.probe('tcp://nobody.invalid:3000', 1000)).toBe('unknown')
    })
  })
})

test('zeromq is loaded with the first socket, and then there can be more than libzmq’s 1023', async () => {
  const { stdout, stderr } = await runNode(join(import.meta.dirname, 'fixtures', 'many.mjs'), [])
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ before: false, after: true, opened: 1100 })
})

test('A limit of sockets that a program has set higher stays', async () => {
  const { stdout, stderr } = await runNode(join(import.meta.dirname, 'fixtures', 'raised.mjs'), [])
  expect([stdout, stderr]).toEqual(['20000\n', ''])
})
