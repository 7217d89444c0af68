import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type PlainSocket, SocketSpace } from '@skein/core/internal'
import { eventually, FaultProxy, useLedger } from '@skein/test-harness'
import { Context } from '../src/context.js'
import { quiet, rejectionOf } from './support.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

let context: Context
let space: SocketSpace
beforeEach(() => {
  context = new Context({ logger: quiet })
  space = new SocketSpace()
})
afterEach(() => Promise.all([context.close(), space.close()]))

/** A plain socket of the kind, bound. */
async function plain(kind: 'rep' | 'router'): Promise<{ socket: PlainSocket; endpoint: string }> {
  const socket = space.open(kind)
  return { socket, endpoint: await socket.bind(ANY) }
}

describe('a requester', () => {
  test('is answered by a plain REP, which sees one payload', async () => {
    const { socket, endpoint } = await plain('rep')
    const req = await context.addReq(endpoint, { codec: 'json' })
    const answering = req.request({ a: 1 })
    expect(await socket.receive()).toEqual([Buffer.from('{"a":1}')])
    await socket.send(['[true]'])
    expect(await answering).toEqual([true])
  })

  test('takes answers by their number, and counts those that nobody awaits', async () => {
    const { socket, endpoint } = await plain('router')
    const req = await context.addReq(endpoint, { codec: 'raw' })
    const first = req.request(Buffer.from('1'))
    const second = req.request(Buffer.from('2'))
    const [one, two] = [await socket.receive(), await socket.receive()]
    await socket.send(two)
    await socket.send(two)
    await socket.send([one[0] ?? '', 'no envelope'])
    await socket.send(one)
    expect(String(await second)).toBe('2')
    expect(String(await first)).toBe('1')
    expect(req.lateAnswers).toBe(2)
    expect(req.pending).toBe(0)
  })

  test('gives up by signal and deadline; what has left may run, what has not never does', async () => {
    const { socket, endpoint } = await plain('router')
    const req = await context.addReq(endpoint)
    const giver = new AbortController()
    const left = req.request('left', { signal: giver.signal })
    const late = rejectionOf(req.request('late', { timeout: 20 }))
    await socket.receive()
    giver.abort(new Error('no need'))
    expect(await rejectionOf(left)).toMatchObject({
      code: 'ERR_CANCELLED',
      executed: 'maybe',
      reason: 'no need',
    })
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'maybe' })
    expect(await rejectionOf(req.request(1, { signal: giver.signal }))).toMatchObject({ executed: 'no' })
    expect(await rejectionOf(req.request(1, { timeout: 0 }))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })

  test('refuses options of a request that there are not', async () => {
    const req = await context.addReq('tcp://127.0.0.1:9')
    const slip: object = { timout: 5 }
    expect(await rejectionOf(req.request(1, slip))).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: "there is no option 'timout'; there are timeout, signal",
    })
    expect(req.pending).toBe(0)
  })

  test('has room for so many requests, and no more', async () => {
    const req = await context.addReq('tcp://127.0.0.1:9', { maxPending: 2 })
    const waiting = [1, 2].map((i) => rejectionOf(req.request(i)))
    expect(await rejectionOf(req.request(3))).toMatchObject({
      code: 'ERR_OVERLOADED',
      executed: 'no',
      limit: 2,
    })
    await req.close()
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'ERR_CLOSED', executed: 'no' })
  })

  test('forgets what was given up while nobody could be reached, however many those are', async () => {
    const req = await context.addReq('inproc://nobody-yet', { codec: 'raw', maxPending: 10 })
    for (let i = 0; i < 500; i++)
      await rejectionOf(req.request(Buffer.from([i % 256]), { signal: AbortSignal.abort() }))
    const last = req.request(Buffer.from('last'))
    const got: unknown[] = []
    await context.addRep('inproc://nobody-yet', (value) => got.push(String(value)) && value, { codec: 'raw' })
    expect(String(await last)).toBe('last')
    expect(got).toEqual(['last'])
  })

  test.each([
    ['inproc', 'inproc://comes-and-goes'],
    ['tcp', undefined],
  ])('knows at once over %s that its peer is gone, and asks the next one', async (_, given) => {
    const first = await context.addRep(given ?? ANY, () => new Promise<never>(() => {}))
    const { endpoint } = first
    const req = await context.addReq(endpoint)
    const lost = rejectionOf(req.request('lost'))
    await eventually(() => req.connected)
    await first.close()
    expect(await lost).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe', address: endpoint })
    const asked: unknown[] = []
    const waiting = req.request('waits for somebody')
    await context.addRep(endpoint, (value) => asked.push(value))
    expect(await waiting).toBe(1)
    expect(asked).toEqual(['waits for somebody'])
  })

  test('does not send again what a broken connection has swallowed', async () => {
    const asked: unknown[] = []
    const { endpoint } = await context.addRep(ANY, (value) => asked.push(value))
    const proxy = await FaultProxy.start({
      target: { host: '127.0.0.1', port: Number(endpoint.split(':').at(-1)) },
    })
    try {
      const req = await context.addReq(proxy.endpoint)
      await req.request('first')
      proxy.blackhole('up')
      const lost = rejectionOf(req.request('swallowed', { timeout: 60_000 }))
      await eventually(() => req.pending === 1)
      proxy.cut()
      expect(await lost).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
      await proxy.heal()
      await req.request('last')
      expect(asked).toEqual(['first', 'last'])
    } finally {
      await proxy.close()
    }
  })

  test('may bind, and shares its requests among those that connect', async () => {
    const req = await context.addReq(ANY, { bind: true })
    const early = req.request('early')
    expect(req.connected).toBe(false)
    const handler = (name: string) => () => name
    const first = await context.addRep(req.endpoint, handler('first'), { bind: false })
    expect(await early).toBe('first')
    await context.addRep(req.endpoint, handler('second'), { bind: false })
    const answers = new Set<unknown>()
    await eventually(async () => answers.add(await req.request('who?')).size === 2)
    await first.close()
    // What is on its way to the one that has gone is not answered: whose connection was lost isn't known here.
    await eventually(async () => (await req.request('who?', { timeout: 500 })) === 'second')
  })

  test('is told at once what is wrong with an endpoint or an option', async () => {
    const codes = [
      context.addReq('http://nowhere'),
      context.addReq('tcp://127.0.0.1:*'),
      context.addReq('tcp://127.0.0.1:9', { timeout: -1 }),
      context.addReq('tcp://127.0.0.1:9', JSON.parse('{ "timeuot": 3 }')),
      context.addReq('tcp://127.0.0.1:9', { socketOptions: { lingers: 3 } }),
      context.addReq('inproc://nobody-yet', { socketOptions: { lingers: 3 } }),
      context.addReq('tcp://127.0.0.1:9', { socketOptions: { sendTimeout: 3 } }),
      context.addSub('tcp://127.0.0.1:9', { socketOptions: { receiveTimeout: 3 } }),
      context.addReq('tcp://127.0.0.1:9', { reqType: Object.create(null) }),
    ].map(async (adding) => Reflect.get(Object(await rejectionOf(adding)), 'code'))
    expect(await Promise.all(codes)).toEqual([
      ...Array(2).fill('ERR_INVALID_ADDRESS'),
      ...Array(7).fill('ERR_INVALID_OPTION'),
    ])
    // A call that failed does not stand in the way of the next.
    await context.addReq('tcp://127.0.0.1:9')
  })
})

test('a requester that could not be added does not dial on', async () => {
  const said: string[] = []
  const note = (_: object, message: string): void => void said.push(message)
  const noted = new Context({ logger: { ...quiet, warn: note, error: note } })
  const name = 'inproc://one'
  const replier = await noted.addRep(name, () => 1)
  const socketOptions = { lingers: 3 }
  expect(await rejectionOf(noted.addReq(name, { socketOptions }))).toMatchObject({ option: 'lingers' })
  await replier.close()
  await noted.addRep(name, () => 1)
  // Whoever follows the name dials as soon as it is bound.
  const req = await noted.addReq(name)
  expect(await req.request(0)).toBe(1)
  await noted.close()
  expect(said).toEqual([])
})

describe('a replier', () => {
  test('answers a plain REQ, a value in one frame and an error in two', async () => {
    const { endpoint } = await context.addRep(
      ANY,
      (value) => {
        if (value === 'bad') throw new TypeError('not so')
        return { value }
      },
      { codec: 'json' },
    )
    const req = space.open('req')
    await req.connect(endpoint)
    await req.send(['"good"'])
    expect((await req.receive()).map(String)).toEqual(['{"value":"good"}'])
    await req.send(['"bad"'])
    expect((await req.receive()).map(String)).toEqual([
      '',
      '{"name":"TypeError","message":"not so","extras":{}}',
    ])
  })

  test('handles one request at a time, unless told otherwise, and all of them', async () => {
    let running = 0
    let most = 0
    const handler = async (value: unknown) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return value
    }
    for (const concurrency of [1, 3]) {
      most = 0
      const { endpoint } = await context.addRep(ANY, handler, { concurrency })
      const req = await context.addReq(endpoint)
      await Promise.all(Array.from({ length: 20 }, (_, i) => req.request(i)))
      expect(most).toBe(concurrency)
    }
  })

  test('counts what is no request, and goes on', async () => {
    const rep = await context.addRep(ANY, (value) => value)
    const dealer = space.open('dealer')
    await dealer.connect(rep.endpoint)
    await dealer.send(['no', 'envelope'])
    await dealer.send(['nothing behind it', ''])
    await eventually(() => rep.malformed === 2)
    expect(await (await context.addReq(rep.endpoint)).request(1)).toBe(1)
  })

  test('tells whoever asks that its answer can not be sent', async () => {
    const { endpoint } = await context.addRep(ANY, () => ({ fn: () => {} }))
    const error = await rejectionOf((await context.addReq(endpoint)).request(1))
    expect(error).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path: 'answer.fn', executed: 'maybe' })
  })

  test('does not pass off what its handler knows of another request', async () => {
    const inner = await context.addReq('tcp://127.0.0.1:9', { timeout: 20 })
    const { endpoint } = await context.addRep(ANY, () => inner.request(1))
    const error = await rejectionOf((await context.addReq(endpoint)).request(1))
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'maybe' })
  })
})

describe('payloads', () => {
  test('of MessagePack are whatever the mesh carries by value, large binaries in frames of their own', async () => {
    const { endpoint } = await context.addRep(ANY, (value) => value)
    const req = await context.addReq(endpoint)
    const value = {
      when: new Date(0),
      map: new Map([['a', 1n]]),
      none: undefined,
      big: new Float64Array(4096).fill(0.5),
    }
    const answering = req.request(value)
    value.big.fill(0) // what is sent belongs to nobody else
    expect(await answering).toEqual({ ...value, big: new Float64Array(4096).fill(0.5) })
  })

  test('may have a codec of their own', async () => {
    const codec = {
      encode: (value: unknown) => Buffer.from(String(value)),
      decode: (bytes: Buffer) => bytes.toString(),
    }
    const { endpoint } = await context.addRep(ANY, (value) => `${value}!`, { codec })
    const req = await context.addReq(endpoint, { codec })
    expect(await req.request('hello')).toBe('hello!')
    expect(await req.request('')).toBe('!')
    const broken = await context.addRep(ANY, () => Buffer.alloc(0), { codec: 'raw' })
    expect(await (await context.addReq(broken.endpoint, { codec: 'raw' })).request(Buffer.alloc(0))).toEqual(
      Buffer.alloc(0),
    )
  })

  test('that a codec can not write are refused', async () => {
    const json = await context.addReq('tcp://127.0.0.1:9', { codec: 'json' })
    const raw = await context.addReq('tcp://127.0.0.1:10', { codec: 'raw' })
    for (const failing of [json.request(1n), json.request(undefined), raw.request('text')])
      expect(await rejectionOf(failing)).toMatchObject({
        code: 'ERR_NOT_SERIALISABLE',
        executed: 'no',
        path: 'request',
      })
    await expect(
      context.addReq('tcp://127.0.0.1:11', JSON.parse('{ "codec": "xml" }')),
    ).rejects.toMatchObject({
      option: 'codec',
    })
  })
})
