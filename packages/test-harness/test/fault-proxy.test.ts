import { mkdtemp, rm } from 'node:fs/promises'
import type { NetConnectOpts, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '@skein/core/internal'
import { eventually } from '../src/eventually.js'
import { FaultProxy, type FaultProxyOptions } from '../src/fault-proxy.js'
import { useLedger } from '../src/use-ledger.js'
import { Client, echo, refusalOf, Target } from './tcp.js'

/** More than the system's buffers on the way hold, so that it passes only if somebody reads. */
const MORE_THAN_BUFFERS = 64 * 2 ** 20

let closers: Array<() => unknown>

useLedger()
beforeEach(() => {
  closers = []
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
})

describe('a healthy proxy', () => {
  test('carries bytes both ways, and counts them and the connections', async () => {
    const { proxy } = await proxied(echo)
    const one = await client(proxy)
    const two = await client(proxy)
    one.socket.write('hello')
    two.socket.write('you')
    await one.gets('hello')
    await two.gets('you')
    expect(proxy.forwarded).toEqual({ up: 8, down: 8 })
    expect(proxy.connections).toBe(2)
    expect(proxy.openConnections).toBe(2)
    expect(proxy.endpoint).toBe(`tcp://127.0.0.1:${proxy.port}`)
  })

  test('tells when the next connection is there', async () => {
    const { proxy } = await proxied(echo)
    const arrival = proxy.nextConnection()
    await client(proxy)
    await arrival
    expect(proxy.connections).toBe(1)
  })

  test('passes on the end of one direction and leaves the other open', async () => {
    const { proxy, target } = await proxied()
    const asking = await client(proxy)
    asking.socket.end('question')
    const answering = new Client(await target.socket(0))
    await eventually(() => answering.socket.readableEnded)
    expect(answering.received).toBe('question')

    answering.socket.end('answer')
    await expect(asking.ended).resolves.toBeUndefined()
    expect(asking.received).toBe('answer')
    await eventually(() => proxy.openConnections === 0)
  })

  test('lets a target that reads nothing stop the client, and holds little itself', async () => {
    const { proxy, target } = await proxied((socket) => socket.pause())
    const flood = await flooding(proxy)
    await stalled(flood)

    const reading = await target.socket(0)
    reading.resume()
    await eventually(() => reading.bytesRead === MORE_THAN_BUFFERS)
    expect(flood.sent).toBe(MORE_THAN_BUFFERS)
  })

  test('lets a client that reads nothing stop the target', async () => {
    const { proxy } = await proxied((socket) => socket.write(Buffer.alloc(MORE_THAN_BUFFERS)))
    const deaf = await client(proxy)
    deaf.socket.pause()
    await eventually(() => proxy.forwarded.down > 0)
    await standstill(() => proxy.forwarded.down)
    expect(proxy.forwarded.down).toBeLessThan(MORE_THAN_BUFFERS)

    deaf.socket.resume()
    await eventually(() => deaf.socket.bytesRead === MORE_THAN_BUFFERS)
  })

  test('passes on that one side broke the connection', async () => {
    const { proxy, target } = await proxied()
    const victim = await client(proxy)
    const breaker = await target.socket(0)
    breaker.resetAndDestroy()
    await expect(victim.ended).resolves.toBe('ECONNRESET')
  })

  test('breaks a connection whose target refuses', async () => {
    const { proxy, target } = await proxied()
    await target.close()
    const victim = await client(proxy)
    await expect(victim.ended).resolves.toBe('ECONNRESET')
  })
})

describe('cut', () => {
  test('resets both sides of all present connections, and none of those that follow', async () => {
    const { proxy, target } = await proxied(echo)
    const victims = [await client(proxy), await client(proxy)]
    const accepted = [new Client(await target.socket(0)), new Client(await target.socket(1))]
    proxy.cut()
    for (const victim of [...victims, ...accepted]) await expect(victim.ended).resolves.toBe('ECONNRESET')
    await eventually(() => proxy.openConnections === 0)

    const next = await client(proxy)
    next.socket.write('again')
    await next.gets('again')
  })
})

describe('cutAfter', () => {
  test('cuts to the byte, in the midst of a chunk', async () => {
    const { proxy, target } = await proxied()
    const victim = await client(proxy)
    const accepted = new Client(await target.socket(0))
    const cut = proxy.cutAfter(7)
    victim.socket.write('0123456789')
    await cut
    await expect(victim.ended).resolves.toBe('ECONNRESET')
    await accepted.over
    expect(accepted.received).toBe('0123456')
    expect(proxy.forwarded).toEqual({ up: 7, down: 0 })
  })

  test('counts both directions, from when it was called', async () => {
    const { proxy } = await proxied(echo)
    const victim = await client(proxy)
    victim.socket.write('before')
    await victim.gets('before')
    const cut = proxy.cutAfter(15)
    victim.socket.write('0123456789')
    await cut
    await victim.over
    expect(victim.received).toBe('before01234')
  })

  test('cuts once: what connects afterwards is not limited', async () => {
    const { proxy } = await proxied(echo)
    const victim = await client(proxy)
    const cut = proxy.cutAfter(1)
    victim.socket.write('xx')
    await cut
    const next = await client(proxy)
    next.socket.write('a longer text')
    await next.gets('a longer text')
  })

  test('refuses a second order, and one for no bytes', async () => {
    const { proxy } = await proxied()
    const cut = proxy.cutAfter(10)
    await expect(proxy.cutAfter(10)).rejects.toMatchObject({ code: 'ERR_HARNESS_MISUSE' })
    await expect(proxy.cutAfter(0)).rejects.toMatchObject({ code: 'ERR_HARNESS_MISUSE' })
    await proxy.close()
    await expect(cut).rejects.toMatchObject({ code: 'ERR_PROXY_CLOSED' })
  })
})

describe('refuse', () => {
  test('refuses new connections, keeps present ones, and reopens on the same port', async () => {
    const { proxy } = await proxied(echo)
    const { port } = proxy
    const present = await client(proxy)
    await proxy.refuse(true)
    expect(await refusalOf(addressOf(proxy))).toBe('ECONNREFUSED')
    present.socket.write('still here')
    await present.gets('still here')

    await proxy.refuse(false)
    expect(proxy.port).toBe(port)
    expect(await refusalOf(addressOf(proxy))).toBeUndefined()
  })

  test('takes orders in their sequence, also when nobody waits between them', async () => {
    const { proxy } = await proxied()
    await Promise.all([proxy.refuse(true), proxy.refuse(false), proxy.refuse(true)])
    expect(await refusalOf(addressOf(proxy))).toBe('ECONNREFUSED')
    await Promise.all([proxy.refuse(false), proxy.refuse(true), proxy.refuse(false)])
    expect(await refusalOf(addressOf(proxy))).toBeUndefined()
  })
})

describe('blackhole', () => {
  test('hands nothing on until it is healed, and then everything', async () => {
    const { proxy, target } = await proxied(echo)
    const present = await client(proxy)
    present.socket.write('before ')
    await present.gets('before ')

    proxy.blackhole()
    present.socket.write('in the dark')
    await roundTrip(target)
    expect(proxy.forwarded).toEqual({ up: 7, down: 7 })
    expect(present.received).toBe('before ')

    await proxy.heal()
    await present.gets('before in the dark')
  })

  test('holds what was under way when it began', async () => {
    const clock = new TurnedClock()
    const { proxy } = await proxied(echo, { delay: { min: 20, max: 20 }, clock })
    const present = await client(proxy)
    present.socket.write('x')
    await eventually(() => clock.pending === 1)
    proxy.blackhole()
    await clock.advance(100)
    expect(proxy.forwarded.up).toBe(0)

    await proxy.heal()
    expect(proxy.forwarded.up).toBe(1)
  })

  test('accepts new connections and keeps them silent, and the target hears of them when it is healed', async () => {
    const { proxy, target } = await proxied((socket) => socket.write('welcome'))
    proxy.blackhole()
    const early = await client(proxy)
    await roundTrip(target)
    expect(target.sockets).toHaveLength(1) // the round trip's
    expect(early.received).toBe('')

    await proxy.heal()
    await early.gets('welcome')
  })

  test('darkens one direction alone if asked to', async () => {
    const { proxy, target } = await proxied()
    const present = await client(proxy)
    const accepted = new Client(await target.socket(0))
    proxy.blackhole('down')
    accepted.socket.write('unheard')
    present.socket.write('heard')
    await accepted.gets('heard')
    expect(present.received).toBe('')
    expect(proxy.forwarded.down).toBe(0)

    await proxy.heal()
    await present.gets('unheard')
    proxy.blackhole('up')
    present.socket.write(' no more')
    accepted.socket.write(' now')
    await present.gets('unheard now')
    expect(accepted.received).toBe('heard')
  })

  test('keeps from each side that the other has closed or broken the connection', async () => {
    const { proxy, target } = await proxied()
    const closing = await client(proxy)
    const closed = new Client(await target.socket(0))
    const breaking = await client(proxy)
    const broken = new Client(await target.socket(1))
    proxy.blackhole()
    closing.socket.end()
    breaking.socket.resetAndDestroy()
    await breaking.ended
    await roundTrip(target)
    expect(closed.socket.readableEnded).toBe(false)
    expect(broken.socket.destroyed).toBe(false)
    expect(proxy.openConnections).toBe(2)

    await proxy.heal()
    await closed.over
    await expect(broken.ended).resolves.toBe('ECONNRESET')
  })

  test('can be cut', async () => {
    const { proxy } = await proxied(echo)
    proxy.blackhole()
    const victim = await client(proxy)
    proxy.cut()
    await expect(victim.ended).resolves.toBe('ECONNRESET')
  })
})

describe('stopReading', () => {
  test('makes the client feel that nobody reads, until it is taken back', async () => {
    const { proxy, target } = await proxied((socket) => socket.resume())
    const accepting = target.socket(0)
    proxy.stopReading(true)
    const flood = await flooding(proxy)
    const accepted = await accepting
    await stalled(flood)
    expect(proxy.forwarded.up).toBe(0)

    proxy.stopReading(false)
    await eventually(() => accepted.bytesRead === MORE_THAN_BUFFERS)
  })

  test('leaves the other direction alone', async () => {
    const { proxy } = await proxied((socket) => socket.write('hello'))
    proxy.stopReading(true, 'up')
    const present = await client(proxy)
    await present.gets('hello')
    proxy.stopReading(true, 'down')
    await proxy.heal()
    const next = await client(proxy)
    await next.gets('hello')
  })
})

describe('delay', () => {
  test('holds each chunk for its time, in each direction', async () => {
    const clock = new TurnedClock()
    const { proxy } = await proxied(echo, { delay: { min: 20, max: 20 }, clock })
    const present = await client(proxy)
    present.socket.write('x')
    await eventually(() => clock.next === 20)
    await clock.advance(19)
    expect(proxy.forwarded).toEqual({ up: 0, down: 0 })
    await clock.advance(1)
    expect(proxy.forwarded).toEqual({ up: 1, down: 0 })

    await eventually(() => clock.next === 40)
    await clock.advance(19)
    expect(proxy.forwarded).toEqual({ up: 1, down: 0 })
    await clock.advance(1)
    await present.gets('x')
    expect(clock.pending).toBe(0)
  })

  test('lets no chunk overtake another', async () => {
    const clock = new TurnedClock()
    const { proxy } = await proxied(echo, { delay: { min: 20, max: 20 }, clock })
    const present = await client(proxy)
    present.socket.write('first ')
    await eventually(() => clock.pending === 1)
    proxy.delay(0, 0)
    present.socket.write('second')
    await eventually(() => present.socket.bytesWritten === 12)
    await clock.advance(19)
    expect(proxy.forwarded.up).toBe(0)
    await clock.advance(1)
    await present.gets('first second')
  })

  test('draws the same delays for the same seed, within the range', async () => {
    const firstDelay = async (seed: number) => {
      const clock = new TurnedClock()
      const { proxy } = await proxied(echo, { delay: { min: 100, max: 200 }, seed, clock })
      const present = await client(proxy)
      present.socket.write('x')
      return eventually(() => clock.next)
    }
    const delay = await firstDelay(7)
    expect(delay).toBeGreaterThanOrEqual(100)
    expect(delay).toBeLessThanOrEqual(200)
    expect(await firstDelay(7)).toBe(delay)
    expect(await firstDelay(8)).not.toBe(delay)
  })

  test('delays the end as well, so that it does not overtake the bytes', async () => {
    const { proxy } = await proxied(echo, { delay: { min: 5, max: 10 } })
    const present = await client(proxy)
    present.socket.end('last words')
    await expect(present.ended).resolves.toBeUndefined()
    expect(present.received).toBe('last words')
  })

  test('holds no more than a mebibyte or so', async () => {
    const { proxy } = await proxied((socket) => socket.resume(), { delay: { min: 1e6, max: 1e6 } })
    const flood = await flooding(proxy)
    await stalled(flood)
    expect(proxy.forwarded.up).toBe(0)
  })

  test('refuses a range that is none', async () => {
    const { proxy } = await proxied()
    expect(() => proxy.delay(5, 1)).toThrow(expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' }))
    expect(() => proxy.delay(-1, 1)).toThrow(expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' }))
    expect(() => proxy.delay(0, Number.NaN)).toThrow(expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' }))
  })
})

describe('retarget', () => {
  test('leads new connections to the new target and leaves present ones where they are', async () => {
    const { proxy } = await proxied((socket) => socket.write('old'))
    const present = await client(proxy)
    await present.gets('old')
    const other = await listening((socket) => socket.write('new'))
    proxy.retarget(other.address)
    const next = await client(proxy)
    await next.gets('new')
    expect(present.socket.readableEnded).toBe(false)
  })
})

describe('close', () => {
  test('leaves nothing, whatever state the proxy is in, and may be called twice', async () => {
    const { proxy } = await proxied(echo, { delay: { min: 1e6, max: 1e6 } })
    const present = await client(proxy)
    present.socket.write('under way')
    proxy.blackhole('down')
    proxy.stopReading(true)
    await client(proxy)
    const arrival = proxy.nextConnection()
    await Promise.all([proxy.close(), proxy.close()])
    await proxy.close()
    expect(proxy.openConnections).toBe(0)
    expect(await refusalOf(addressOf(proxy))).toBe('ECONNREFUSED')
    await expect(arrival).rejects.toMatchObject({ code: 'ERR_PROXY_CLOSED' })
    await expect(proxy.heal()).rejects.toMatchObject({ code: 'ERR_PROXY_CLOSED' })
  })
})

describe('over Unix sockets', () => {
  test('carries bytes, and a cut closes both sides', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fault-proxy-'))
    closers.push(() => rm(folder, { recursive: true }))
    const targetPath = join(folder, 'target')
    const proxyPath = join(folder, 'proxy')
    const target = await listening(echo, { path: targetPath })
    const proxy = await starting({ target: { path: targetPath }, listen: { path: proxyPath } })
    expect(proxy.endpoint).toBe(`ipc://${proxyPath}`)
    expect(() => proxy.port).toThrow(expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' }))

    const present = await connected({ path: proxyPath })
    present.socket.write('hello')
    await present.gets('hello')
    const accepted = await target.socket(0)
    proxy.cut()
    await present.over
    await eventually(() => accepted.readableEnded)

    await proxy.refuse(true)
    expect(await refusalOf({ path: proxyPath })).toBe('ENOENT')
    await proxy.refuse(false)
    expect(await refusalOf({ path: proxyPath })).toBeUndefined()
  })
})

async function listening(
  onConnection?: (socket: Socket) => void,
  listen?: Parameters<typeof Target.listen>[1],
): Promise<Target> {
  const target = await Target.listen(onConnection, listen)
  closers.push(() => target.close())
  return target
}

async function starting(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(options)
  closers.push(() => proxy.close())
  return proxy
}

async function proxied(
  onConnection?: (socket: Socket) => void,
  options: Omit<FaultProxyOptions, 'target'> = {},
): Promise<{ target: Target; proxy: FaultProxy }> {
  const target = await listening(onConnection)
  return { target, proxy: await starting({ ...options, target: target.address }) }
}

async function connected(to: NetConnectOpts): Promise<Client> {
  const client = await Client.connect(to)
  closers.push(() => client.socket.destroy())
  return client
}

function client(proxy: FaultProxy): Promise<Client> {
  return connected(addressOf(proxy))
}

function addressOf(proxy: FaultProxy): { host: string; port: number } {
  return { host: '127.0.0.1', port: proxy.port }
}

interface Flood {
  /** Bytes that the system has taken from the client. */
  sent: number
}

/** A client that sends more than the buffers on the way hold. */
async function flooding(proxy: FaultProxy): Promise<Flood> {
  const { socket } = await client(proxy)
  const chunk = Buffer.alloc(2 ** 16)
  const flood: Flood = { sent: 0 }
  const send = () => {
    socket.write(chunk, (error) => {
      if (error) return
      flood.sent += chunk.length
      if (flood.sent < MORE_THAN_BUFFERS) send()
    })
  }
  send()
  return flood
}

/** Resolves when the client is stopped by backpressure. */
async function stalled(flood: Flood): Promise<void> {
  await standstill(() => flood.sent)
  expect(flood.sent).toBeLessThan(MORE_THAN_BUFFERS)
}

/** Resolves when ten looks in a row, each later than the last, have seen the same. */
async function standstill(look: () => number): Promise<void> {
  let last = Number.NaN
  let same = 0
  await eventually(() => {
    const now = look()
    same = now === last ? same + 1 : 0
    last = now
    return same === 10
  })
}

/** A connection to the target past the proxy, there and back: whatever the proxy had to hand on, it had the time to. */
async function roundTrip(target: Target): Promise<void> {
  const before = target.sockets.length
  const direct = await connected(target.address)
  const accepted = await target.socket(before)
  direct.socket.end()
  await eventually(() => accepted.readableEnded || accepted.resume().readableEnded)
}
