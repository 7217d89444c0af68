import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { block, dialled, HEARTBEAT } from './observed.js'
import { type Started, started } from './processes.js'

const { heartbeatTimeout } = HEARTBEAT

/** With these, heartbeats find nothing out before a test is over. */
const SELDOM = { watch: true, heartbeatInterval: 600_000, heartbeatTimeout: 600_000 }

describe('a watched ZeroMQ connection', () => {
  let transport: ZmqTransport
  let shared: Started | undefined

  beforeEach(() => {
    transport = new ZmqTransport()
  })

  afterEach(async () => {
    await transport.close()
    // Whatever signal a test has sent to it, the next test needs another one.
    if (shared?.child.killed) await ended()
  })

  afterAll(ended)

  /** A process that listens, for all tests that leave it alone. */
  async function listener(): Promise<Started> {
    shared ??= await started('listener.mjs')
    return shared
  }

  async function ended(): Promise<void> {
    await shared?.end()
    shared = undefined
  }

  test('goes down when its peer is killed, since the system closes it, whatever the heartbeats', async () => {
    const peer = await listener()
    const { up, down, events } = dialled(transport, peer.said, SELDOM)
    await up
    peer.child.kill('SIGKILL')
    await down
    expect(events).toEqual(['up', 'down: connection lost'])
  })

  test('goes down after the heartbeat timeout when its peer is stopped', async () => {
    const peer = await listener()
    const { up, down } = dialled(transport, peer.said)
    await up
    const stopped = performance.now()
    peer.child.kill('SIGSTOP')
    expect(await down).toBe('connection lost')
    expect(performance.now() - stopped).toBeGreaterThan(0.9 * heartbeatTimeout)
  })

  test('stays up while the JavaScript of its peer is busy', async () => {
    const peer = await listener()
    const { up, events } = dialled(transport, peer.said)
    await up
    const free = peer.next()
    peer.child.stdin.write(`${3 * heartbeatTimeout}\n`)
    await free
    expect(events).toEqual(['up'])
  })

  test('stays up while its own JavaScript is busy', async () => {
    const peer = await listener()
    const { up, events } = dialled(transport, peer.said)
    await up
    block(2 * heartbeatTimeout)
    await new Promise((resolve) => setImmediate(resolve))
    expect(events).toEqual(['up'])
  })

  test('gets up even if its own JavaScript is busy until the deadline has passed', async () => {
    const peer = await listener()
    const { up, events } = dialled(transport, peer.said)
    block(3 * heartbeatTimeout)
    await up
    expect(events).toEqual(['up'])
  })

  test('is given up, and a probe too, by the clock that the transport is given', async () => {
    const clock = new TurnedClock()
    const turned = new ZmqTransport({ clock })
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const minute = 60_000
    const options = { watch: true, heartbeatInterval: minute, heartbeatTimeout: minute }
    const { down } = dialled(turned, `tcp://127.0.0.1:${port}`, options)
    await once(server, 'connection')
    const verdict = turned.probe(`tcp://127.0.0.1:${port}`, minute, 'whose')
    await once(server, 'connection')
    await clock.advance(2 * minute)
    expect(await verdict).toBe('unknown')
    expect(await down).toBe('no handshake in time')
    await turned.close()
    expect(clock.pending).toBe(0)
    server.close()
  })

  test('is refused when nobody listens', async () => {
    const peer = await listener()
    await peer.end()
    const { down } = dialled(transport, peer.said, SELDOM)
    expect(await down).toBe('could not connect')
  })

  test('goes down when nobody answers at the address', async () => {
    const deaf = await started('deaf.mjs')
    const port = Number(deaf.said)
    // The kernel accepts two for a process that doesn't; it leaves further ones without an answer.
    const first = [1, 2].map(() => connect(port, '127.0.0.1'))
    await Promise.all(first.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    const { down } = dialled(transport, `tcp://127.0.0.1:${port}`)
    const verdict = transport.probe(`tcp://127.0.0.1:${port}`, 100)
    expect(await down).toBe('could not connect')
    expect(await verdict).toBe('unknown')
    for (const socket of first) socket.destroy()
    await deaf.end()
  })

  describe('to a server that is no mesh', () => {
    let server: Server
    const accepted = new Set<Socket>()

    async function serve(behaviour: (socket: Socket) => void): Promise<string> {
      server = createServer((socket) => {
        accepted.add(socket)
        socket.on('error', () => {})
        behaviour(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      return `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    }

    afterEach(async () => {
      for (const socket of accepted) socket.destroy()
      accepted.clear()
      await new Promise((resolve) => server.close(resolve))
    })

    test('goes down when the server says nothing', async () => {
      const { down } = dialled(transport, await serve(() => {}))
      expect(await down).toContain('handshake failed')
    })

    test('goes down when the server hangs up', async () => {
      const endpoint = await serve((socket) => socket.destroy())
      const { down, events } = dialled(transport, endpoint)
      expect(await down).toContain('handshake failed')
      // libzmq reports more than one event about it; by now all are read.
      await dialled(transport, endpoint).down
      expect(events).toHaveLength(1)
    })

    test('goes down when the server speaks another protocol', async () => {
      const http = 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nno!\n'
      const { down } = dialled(transport, await serve((socket) => socket.write(http)))
      expect(await down).toBe('no handshake in time')
    })
  })
})
