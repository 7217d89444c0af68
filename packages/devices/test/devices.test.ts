import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { Device } from '../src/device.js'
import type { RunnerKind } from '../src/device-options.js'
import { MonitoredQueue } from '../src/monitored-queue.js'
import { ProxyDevice } from '../src/proxy-device.js'
import { SteerableProxy } from '../src/steerable-proxy.js'
import { joined, kept, open, serve, texts } from './support/sockets.js'

useLedger()

const RUNNERS: readonly RunnerKind[] = ['inline', 'thread', 'process']
const ANY = 'tcp://127.0.0.1:*'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

describe.each(RUNNERS)('a device that runs %s', (runner) => {
  test('pyzmq 1: QUEUE carries requests from clients to workers, and their answers back', async () => {
    const device = kept(new Device({ type: 'queue', runner }))
    device.bindIn(ANY)
    device.bindOut(ANY)
    const {
      in: [front],
      out: [back],
    } = await device.start()
    const worker = await joined('rep', back)
    void serve(worker, (text) => text.toUpperCase())
    const clients = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => ({ name, req: await joined('req', front) })),
    )
    for (let i = 0; i < 20; i++) {
      for (const { name, req } of clients) await req.send([`${name}${i}`])
      for (const { name, req } of clients) expect(await texts(req)).toEqual([`${name.toUpperCase()}${i}`])
    }
  })

  test('pyzmq 2: FORWARDER carries subscriptions upstream, and only what is wanted comes down', async () => {
    const device = kept(new Device({ type: 'forwarder', runner }))
    device.bindIn(ANY)
    device.bindOut(ANY)
    const {
      in: [front],
      out: [back],
    } = await device.start()
    const pub = await joined('xpub', front)
    const sub = await joined('sub', back)
    sub.subscribe('wanted')
    expect(await texts(pub)).toEqual(['\x01wanted'])
    await pub.send(['other', '0'])
    await pub.send(['wanted', '1'])
    expect(await texts(sub)).toEqual(['wanted', '1'])
    sub.unsubscribe('wanted')
    expect(await texts(pub)).toEqual(['\x00wanted'])
    expect((await device.statistics()).in.received.messages).toBe(1)
  })

  test('pyzmq 4: one socket for both sides echoes', async () => {
    const device = kept(new Device({ in: 'rep', runner }))
    device.bindOut(ANY)
    const {
      in: [endpoint],
    } = await device.start()
    const req = await joined('req', endpoint)
    await req.send(['hello', 'there'])
    expect(await texts(req)).toEqual(['hello', 'there'])
  })

  test('pyzmq 7: start rejects where an address is taken, and leaves nothing open', async () => {
    const holder = open('pull')
    const taken = await holder.bind(ANY)
    const free = await open('pull').bind(ANY)
    await open('pull').close()
    const device = kept(new Device({ type: 'streamer', runner, logger: quiet }))
    device.bindIn(ANY)
    device.bindOut(taken)
    await expect(device.start()).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE', address: taken })
    await expect(device.join()).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' })
    expect(free).not.toBe(taken)
  })

  // Another runner says what the first one does, of whichever option.
  test.each([['lingers', 3] as const, ...(runner === 'inline' ? [['sendTimeout', 100] as const] : [])])(
    'an option that there is not, or that would end it, is said when it starts: %s',
    async (name, value) => {
      const device = kept(new Device({ type: 'streamer', runner }))
      device.setOptionOut(name, value)
      await expect(device.start()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', option: name })
    },
  )
})

// A thread or process takes a while to start: one shows what does not harm it, and then how it is stopped.
describe.each(RUNNERS)('a streamer that runs %s', (runner) => {
  /** Bytes. */
  const LARGEST = 10_000
  let device: Device
  let front: string | undefined
  let back: string | undefined
  beforeAll(async () => {
    device = new Device({ type: 'streamer', runner })
    // What is set afterwards doesn't hold for what is bound already: the greatest message that is let in is one of those.
    device.setOptionIn('maxMessageSize', LARGEST)
    device.bindIn(ANY)
    device.bindOut(ANY)
    const endpoints = await device.start()
    front = endpoints.in[0]
    back = endpoints.out[0]
  })
  afterAll(() => device.stop())

  test('pyzmq 10: options are set before it binds', async () => {
    const sink = await joined('pull', back)
    const large = await joined('push', front)
    await large.send([Buffer.alloc(LARGEST + 1)])
    const small = await joined('push', front)
    await small.send(['small enough'])
    expect(await texts(sink)).toEqual(['small enough'])
  })

  test('pyzmq 3: STREAMER shares work between two workers', async () => {
    const workers = [await joined('pull', back), await joined('pull', back)]
    const done: string[][] = [[], []]
    const source = await joined('push', front)
    const work = workers.map(async (worker, i) => {
      for (;;) done[i]?.push(...(await texts(worker)))
    })
    for (const each of work) each.catch(() => {})
    let sent = 0
    const send = () => source.send([String(sent++)])
    // The device gives to those that it knows of: the second worker may be connected when the first has done it all.
    await eventually(() => send().then(() => done.every((its) => its.length > 0)))
    for (let i = 0; i < 100; i++) await send()
    await eventually(() => done.flat().length === sent)
    expect(done.flat().sort((a, b) => +a - +b)).toEqual(Array.from({ length: sent }, (_, i) => String(i)))
  })

  test('what it has passed on when it is stopped leaves', async () => {
    const source = await joined('push', front)
    const sink = await joined('pull', back, { receiveHighWaterMark: 10 })
    const { messages } = (await device.statistics()).out.sent
    for (let i = 0; i < 100; i++) await source.send([Buffer.alloc(LARGEST, i)])
    await eventually(async () => (await device.statistics()).out.sent.messages === messages + 100)
    const stopped = device.stop()
    for (let i = 0; i < 100; i++) expect((await sink.receive())[0]?.[0]).toBe(i)
    await stopped
    expect(await device.join()).toBe(true)
  })
})

describe.each(['inline', 'thread'] as const)('a device that runs %s', (runner) => {
  test('reaches other threads by inproc, frames of any size, and harms nobody when it is gone', async () => {
    const device = kept(new MonitoredQueue({ type: 'queue', runner }))
    const name = `inproc://front-${runner}`
    device.bindIn(name)
    device.bindOut(ANY)
    device.bindMonitor(`inproc://monitor-${runner}`)
    const {
      in: [front],
      out: [back],
      monitor: [watched],
    } = await device.start()
    expect(front).toBe(name)
    const monitor = await joined('sub', watched)
    monitor.subscribe('out')
    const worker = await joined('rep', back)
    void serve(worker, (text) => text + text)
    const req = await joined('req', front)
    for (const size of [1, 128, 129, 1 << 20]) {
      await req.send(['x'.repeat(size)])
      expect((await texts(req))[0]).toHaveLength(2 * size)
      expect((await texts(monitor)).at(-1)).toHaveLength(2 * size)
    }
    await device.stop()
  })

  test('lets what it has passed on leave by inproc when it is stopped', async () => {
    const device = kept(new Device({ type: 'streamer', runner }))
    device.setOptionOut('sendHighWaterMark', 10)
    device.bindIn(ANY)
    device.bindOut(`inproc://out-${runner}`)
    const {
      in: [front],
      out: [back],
    } = await device.start()
    const source = await joined('push', front)
    const sink = await joined('pull', back, { receiveHighWaterMark: 10 })
    // More than inproc itself holds, where what is on the way to it is to leave too.
    const count = runner === 'thread' ? 260 : 20
    for (let i = 0; i < count; i++) await source.send([String(i)])
    await eventually(async () => (await device.statistics()).out.sent.messages === count)
    const stopped = device.stop()
    for (let i = 0; i < count; i++) expect(await texts(sink)).toEqual([String(i)])
    await stopped
  })
})

test('pyzmq 5: copies bear `in` or `out`, or the prefixes given; who subscribes to one hears of the other side nothing', async () => {
  for (const [runner, prefixes] of [
    ['inline', {}],
    ['thread', { inPrefix: 'request', outPrefix: Buffer.from([255]) }],
  ] as const) {
    const device = kept(new MonitoredQueue({ type: 'queue', runner, ...prefixes }))
    device.bindIn(ANY)
    device.bindOut(ANY)
    device.bindMonitor(ANY)
    const {
      in: [front],
      out: [back],
      monitor: [watched],
    } = await device.start()
    const { inPrefix, outPrefix } = { inPrefix: 'in', outPrefix: 'out', ...prefixes }
    const all = await joined('sub', watched)
    all.subscribe('')
    const answers = await joined('sub', watched)
    answers.subscribe(outPrefix)
    const worker = await joined('rep', back)
    void serve(worker, (text) => `${text}!`)
    const req = await joined('req', front)
    // Until both are subscribed.
    await eventually(async () => {
      await req.send(['hello'])
      await texts(req)
      return (await device.statistics()).in.received.messages > 2
    })
    const [prefix, , , request] = await all.receive()
    expect(prefix).toEqual(Buffer.from(inPrefix))
    expect(String(request)).toBe('hello')
    const [other, , , answer] = await all.receive()
    expect(other).toEqual(Buffer.from(outPrefix))
    expect(String(answer)).toBe('hello!')
    for (let i = 0; i < 2; i++) expect((await answers.receive())[0]).toEqual(Buffer.from(outPrefix))
  }
})

test('pyzmq 6: between two ROUTERs the first two frames change places', async () => {
  const device = kept(new MonitoredQueue({ in: 'router', out: 'router', runner: 'inline' }))
  device.bindIn(ANY)
  device.bindOut(ANY)
  const {
    in: [front],
    out: [back],
  } = await device.start()
  const a = await joined('dealer', front, { routingId: 'a', receiveTimeout: 100 })
  const b = await joined('dealer', back, { routingId: 'b', receiveTimeout: 100 })
  // Whom a ROUTER doesn't know yet, it drops messages for.
  const through = async (from: typeof a, to: typeof a, id: string): Promise<string[]> => {
    let got: string[] | undefined
    await eventually(async () => {
      await from.send([id, 'hello'])
      got = await texts(to).catch(() => undefined)
      return got !== undefined
    })
    return got ?? []
  }
  expect(await through(a, b, 'b')).toEqual(['a', 'hello'])
  expect(await through(b, a, 'a')).toEqual(['b', 'hello'])
})

test('pyzmq 8: random ports lie within their range, and are those that are bound; an exhausted range is an error', async () => {
  const ranges = [{ min: 51_000, max: 51_100 }, {}]
  for (const range of ranges) {
    const device = kept(new Device({ type: 'streamer', runner: 'inline' }))
    device.bindInToRandomPort('tcp://127.0.0.1', range)
    device.bindOutToRandomPort('tcp://127.0.0.1', range)
    const {
      in: [front],
      out: [back],
    } = await device.start()
    for (const endpoint of [front, back]) {
      const port = Number(/:(\d+)$/.exec(endpoint ?? '')?.[1])
      expect(port).toBeGreaterThanOrEqual(range.min ?? 49_152)
      expect(port).toBeLessThan(range.max ?? 65_536)
    }
    const [source, sink] = [await joined('push', front), await joined('pull', back)]
    await source.send(['through'])
    expect(await texts(sink)).toEqual(['through'])
  }
  const holder = open('pull')
  const port = Number(/:(\d+)$/.exec(await holder.bind(ANY))?.[1])
  const device = kept(new Device({ type: 'streamer', runner: 'inline', logger: quiet }))
  device.bindInToRandomPort('tcp://127.0.0.1', { min: port, max: port + 1 })
  await expect(device.start()).rejects.toMatchObject({
    code: 'ERR_ADDRESS_IN_USE',
    message: `none of 1 ports that were tried on tcp://127.0.0.1, of ${port} to ${port}, is free`,
  })
})

test('pyzmq 11: with eight devices running, the file system answers in 50 ms', async () => {
  const devices = Array.from({ length: 8 }, (_, i) =>
    kept(new Device({ type: 'queue', runner: i < 6 ? 'inline' : 'thread' })),
  )
  for (const device of devices) {
    device.bindIn(ANY)
    device.bindOut(ANY)
    await device.start()
  }
  const times: number[] = []
  for (let i = 0; i < 20; i++) {
    const begun = performance.now()
    await stat('.')
    times.push(performance.now() - begun)
  }
  // Where they held the threads of the pool, none of them would come back.
  expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50)
})

test('a proxy holds nobody up for a monitor that nobody reads, and says how much that has missed', async () => {
  const device = kept(new ProxyDevice({ type: 'streamer', runner: 'inline', monitor: 'push' }))
  device.bindIn(ANY)
  device.bindOut(ANY)
  device.bindMonitor(ANY)
  const {
    in: [front],
    out: [back],
  } = await device.start()
  const [source, sink] = [await joined('push', front), await joined('pull', back)]
  for (let i = 0; i < 10; i++) {
    await source.send([String(i)])
    expect(await texts(sink)).toEqual([String(i)])
  }
  expect(await device.statistics()).toEqual({
    in: { received: { messages: 10, bytes: 10 }, sent: { messages: 0, bytes: 0 } },
    out: { received: { messages: 0, bytes: 0 }, sent: { messages: 10, bytes: 10 } },
    unmonitored: 10,
  })
})

test('a far side that stops pushes back on whoever sends', async () => {
  const device = kept(new Device({ type: 'streamer', runner: 'inline' }))
  for (const set of ['setOptionIn', 'setOptionOut'] as const)
    device[set](set === 'setOptionIn' ? 'receiveHighWaterMark' : 'sendHighWaterMark', 5)
  device.bindIn(ANY)
  device.bindOut(ANY)
  const {
    in: [front],
    out: [back],
  } = await device.start()
  const source = await joined('push', front, { sendHighWaterMark: 5, sendTimeout: 200, sendBufferSize: 1 })
  const sink = await joined('pull', back, { receiveHighWaterMark: 5 })
  let sent = 0
  const fill = async () => {
    for (; sent < 10_000; sent++) await source.send([Buffer.alloc(100_000)])
  }
  await expect(fill()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  expect(sent).toBeLessThan(1000)
  for (let i = 0; i < sent; i++) await sink.receive()
  await source.send(['on it goes'])
  expect(await texts(sink)).toEqual(['on it goes'])
})

describe('what is wrong with a device is said', () => {
  test.each([
    [{ type: 'broadcast' }, 'type'],
    [{ type: 'queue', in: 'pull' }, 'type'],
    [{}, 'in'],
    [{ in: 'pull', out: 'nobody' }, 'out'],
    [{ in: 'pull' }, 'out'],
    [{ in: 'pull', out: 'sub' }, 'out'],
    [{ in: 'pub', out: 'push' }, 'out'],
    [{ type: 'queue', runner: 'cloud' }, 'runner'],
    [{ type: 'queue', contextFactory: () => undefined }, 'runner'],
    [{ type: 'queue', runner: 'inline', contextFactory: 3 }, 'contextFactory'],
    [{ type: 'queue', monitor: 'sub' }, 'monitor'],
    [{ type: 'queue', deamon: true }, 'deamon'],
    [{ type: 'queue', daemon: 'yes' }, 'daemon'],
    [{ type: 'queue', control: 'rep' }, 'control'],
    [{ type: 'queue', logger: {} }, 'logger'],
    [{ type: 'queue', logger: { warn() {}, error() {} } }, 'logger'],
    [{ type: 'queue', logger: null }, 'logger'],
    [undefined, 'options'],
    [null, 'options'],
  ])('%j', (options, option) => {
    expect(() => Reflect.construct(ProxyDevice, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
    )
  })

  test('an address, a range of ports, or what is asked too late', async () => {
    const device = kept(new Device({ type: 'streamer', runner: 'inline' }))
    expect(() => device.bindIn('nowhere')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }))
    expect(() => device.connectIn('tcp://*:1')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }),
    )
    expect(() => device.subscribeIn('x')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    for (const [range, option] of [
      [{ min: 0 }, 'min'],
      [{ min: 60_000, max: 60_000 }, 'max'],
      [{ maxTries: 0 }, 'maxTries'],
    ] as const)
      expect(() => device.bindInToRandomPort('tcp://127.0.0.1', range)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
      )
    await expect(device.join()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect(device.statistics()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    device.bindIn(ANY)
    device.bindOut(ANY)
    await device.start()
    await expect(device.start()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(() => device.bindIn(ANY)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(await device.join(0)).toBe(false)
    expect(await device.join(1)).toBe(false)
    await expect(device.join(-1)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      option: 'timeout',
      allowed: expect.stringContaining('0 or more'),
    })
    await device.stop()
    await device.stop()
    expect(await device.join()).toBe(true)
  })

  test('each class has its own options, and says which', () => {
    expect(() => Reflect.construct(Device, [{ type: 'queue', monitor: 'pub' }])).toThrow(
      "there is no option 'monitor'; there are type, in, out, runner, daemon, contextFactory, logger",
    )
    expect(() => Reflect.construct(MonitoredQueue, [{ type: 'queue', inPrefix: 3 }])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'inPrefix' }),
    )
    const all = { type: 'queue', monitor: 'pub', control: 'rep', logger: quiet, daemon: false } as const
    expect(() => new SteerableProxy(all)).not.toThrow()
    expect(() => new MonitoredQueue({ in: 'pull', out: 'push', outPrefix: Buffer.of(1) })).not.toThrow()
  })

  test('what is asked for with the wrong values', () => {
    const device = new Device({ in: 'sub', out: 'pub' })
    const wrong: [method: string, args: unknown[], option: string][] = [
      ['subscribeIn', [], 'prefix'],
      ['subscribeIn', [3], 'prefix'],
      ['bindInToRandomPort', ['tcp://127.0.0.1', { tries: 3 }], 'tries'],
      ['bindInToRandomPort', ['tcp://127.0.0.1', null], 'range'],
      ['setOptionIn', [3, 3], 'name'],
      ['setOptionIn', ['linger', {}], 'linger'],
    ]
    for (const [method, args, option] of wrong)
      expect(() => Reflect.apply(Reflect.get(device, method), device, args)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
      )
  })

  test('a socket option that there is not, by those that a device takes', async () => {
    const device = kept(new Device({ type: 'streamer', runner: 'inline' }))
    device.setOptionIn('receiveHWM', 3)
    const refusal = await device.start().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'ERR_INVALID_OPTION', option: 'receiveHWM' })
    expect(refusal).toMatchObject({ allowed: expect.stringContaining('receiveHighWaterMark') })
    expect(refusal).toMatchObject({ allowed: expect.not.stringContaining('receiveTimeout') })
  })

  test('a factory that makes no SocketSpace', async () => {
    const device: unknown = Reflect.construct(Device, [
      { type: 'streamer', runner: 'inline', contextFactory: () => ({}) },
    ])
    await expect(device instanceof Device && device.start()).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      option: 'contextFactory',
    })
  })
})
