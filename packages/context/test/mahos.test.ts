import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { SkeinError } from '@skein/core'
import { SocketSpace, TurnedClock } from '@skein/core/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { z } from 'zod'
import { Context } from '../src/context.js'
import type { ContextOptions } from '../src/options.js'
import { quiet, rejectionOf } from './support.js'

useLedger()

const contexts: Context[] = []
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
})

function open(options: ContextOptions = {}): Context {
  const context = new Context({ logger: quiet, ...options })
  contexts.push(context)
  return context
}

const ANY = 'tcp://127.0.0.1:*'

test('mahos 1: a derived Context speaks inproc with its parent, which works on when the other is closed', async () => {
  const parent = open()
  const derived = open({ context: parent })
  const { endpoint } = await parent.addRep('inproc://derived', (value) => value)
  expect(await (await derived.addReq(endpoint)).request('to the parent')).toBe('to the parent')
  await derived.close()
  expect(await (await parent.addReq(endpoint)).request('to itself')).toBe('to itself')
})

test('mahos 2: with options left out linger is 0, and poll waits for 100 ms', async () => {
  const opening = jest.spyOn(SocketSpace.prototype, 'open')
  const clock = new TurnedClock()
  const context = open({ dispatch: 'manual', clock })
  await context.addSub('tcp://127.0.0.1:5999')
  expect(opening).toHaveBeenCalledWith('sub', expect.objectContaining({ linger: 0 }))
  opening.mockRestore()
  const handled: number[] = []
  const polled = context.poll().then((count) => handled.push(count))
  await eventually(() => clock.pending === 1)
  await clock.advance(99)
  expect(handled).toEqual([])
  await clock.advance(1)
  await polled
  expect(handled).toEqual([0])
})

test('mahos 3: a dead endpoint rejects at its timeout, and the requester succeeds once somebody is there', async () => {
  const context = open()
  const gone = await context.addRep(ANY, () => undefined)
  const { endpoint } = gone
  await gone.close()
  const req = await context.addReq(endpoint, { timeout: 100 })
  // On a machine that is late, this timer is as late as the request's own.
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, 200, 'after 200 ms')
  })
  const error = await Promise.race([rejectionOf(req.request('too early')), late])
  clearTimeout(timer)
  expect(error).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'no', timeoutMs: 100, address: endpoint })
  const asked: unknown[] = []
  await context.addRep(endpoint, (value) => asked.push(value))
  await req.request('in time', { timeout: 10_000 })
  // What had timed out before it left never arrives.
  expect(asked).toEqual(['in time'])
})

test('mahos 4: a handler that throws answers with the error, and the next request succeeds', async () => {
  const context = open()
  const { endpoint } = await context.addRep(ANY, (value) => {
    if (value === 'bad') throw Object.assign(new RangeError('out of range'), { code: 'E_RANGE', least: 3 })
    if (value === 'worse') throw 'no error'
    return value
  })
  const req = await context.addReq(endpoint)
  const error = await rejectionOf(req.request('bad'))
  expect(error).toBeInstanceOf(RangeError)
  expect(error).toMatchObject({ message: 'out of range', code: 'E_RANGE', least: 3 })
  expect(await rejectionOf(req.request('worse'))).toMatchObject({ code: 'ERR_REMOTE', executed: 'maybe' })
  expect(await req.request('good')).toBe('good')
})

test('mahos 5: of 100 concurrent requests each gets its own answer, in whatever order they are ready', async () => {
  const context = open()
  let waiting: (() => void)[] = []
  const { endpoint } = await context.addRep(
    ANY,
    async (value) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return value
    },
    { concurrency: 100 },
  )
  const req = await context.addReq(endpoint)
  const answers = Promise.all(Array.from({ length: 100 }, (_, i) => req.request(i)))
  await eventually(() => waiting.length === 100)
  for (const answer of waiting.reverse()) answer()
  waiting = []
  expect(await answers).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('mahos 6: two topics on one endpoint reach only their own subscribers, and exactly in exact mode', async () => {
  const context = open()
  const status = await context.addPub(ANY, 'status')
  const status2 = await context.addPub(ANY, 'status2')
  const data = await context.addPub(status.endpoint, 'data')
  expect([status2.endpoint, data.endpoint]).toEqual([status.endpoint, status.endpoint])
  const got: Record<string, unknown[]> = { prefix: [], exact: [], data: [] }
  const follow = (name: string, topic: string, exact: boolean) =>
    context.addSub(status.endpoint, {
      topic,
      exact,
      handler: (value, from) => got[name]?.push([from, value]),
    })
  await Promise.all([
    follow('prefix', 'status', false),
    follow('exact', 'status', true),
    follow('data', 'data', false),
  ])
  await Promise.all([status, data].map((publisher) => publisher.waitForSubscriber()))
  // Which of the two that want `status` has subscribed first can't be told: they have both when both get something.
  await eventually(async () => {
    await status.publish(0)
    return got.prefix?.length && got.exact?.length
  })
  await status2.publish(2)
  await data.publish(3)
  await status.publish(4)
  await eventually(
    () => got.exact?.some((each) => Array.isArray(each) && each[1] === 4) && got.data?.length === 1,
  )
  await eventually(() => got.prefix?.some((each) => Array.isArray(each) && each[1] === 4))
  expect(got.prefix).toContainEqual(['status2', 2])
  expect(new Set(got.exact?.map((each) => Array.isArray(each) && each[0]))).toEqual(new Set(['status']))
  expect(got.data).toEqual([['data', 3]])
})

test('mahos 7: a second addReq gives the same Requester, or throws where its options differ', async () => {
  const context = open()
  const first = context.addReq('tcp://127.0.0.1:5999', { timeout: 50 })
  expect(await context.addReq('tcp://127.0.0.1:5999', { timeout: 50 })).toBe(await first)
  expect(await rejectionOf(context.addReq('tcp://127.0.0.1:5999', { timeout: 60 }))).toMatchObject({
    code: 'ERR_INVALID_OPTION',
    option: 'timeout',
  })
  // What is not given the second time conflicts with nothing.
  expect(await context.addReq('tcp://127.0.0.1:5999')).toBe(await first)
  expect(await context.addReq('tcp://127.0.0.1:5999', { timeout: undefined })).toBe(await first)
  expect(await rejectionOf(context.addReq('tcp://127.0.0.1:5999', { codec: 'json' }))).toMatchObject({
    option: 'codec',
  })
  const slip: object = { timout: 50 }
  expect(await rejectionOf(context.addReq('tcp://127.0.0.1:5999', slip))).toMatchObject({
    message: expect.stringContaining(
      "there is no option 'timout'; there are bind, logger, socketOptions, codec",
    ),
  })
  await (await first).close()
  expect(await context.addReq('tcp://127.0.0.1:5999', { timeout: 60 })).not.toBe(await first)
})

describe('mahos 8: a broker', () => {
  test('passes on what two publishers send to two subscribers, one of them late, whatever its hooks do', async () => {
    const context = open()
    const seen: string[] = []
    const hook = (frames: readonly Uint8Array[]) => {
      seen.push(frames.map((frame) => Buffer.from(frame).toString()).join('|'))
      throw new Error('a hook that throws')
    }
    const broker = await context.addBroker(ANY, ANY, { onMessage: hook, onSubscription: hook })
    const [first, second] = await Promise.all(
      ['a', 'b'].map((topic) => context.addPub(broker.xsubEndpoint, topic, { bind: false, codec: 'json' })),
    )
    const got: Record<string, unknown[]> = { early: [], late: [] }
    const follow = (name: string) =>
      context.addSub(broker.xpubEndpoint, {
        topic: ['a', 'b'],
        codec: 'json',
        handler: (value, topic) => got[name]?.push([topic, value]),
      })
    await follow('early')
    await Promise.all([first, second].map((publisher) => publisher?.waitForSubscriber()))
    await first?.publish(1)
    await second?.publish(2)
    await eventually(() => got.early?.length === 2)
    await follow('late')
    await eventually(async () => {
      await first?.publish('again')
      return got.late?.length
    })
    expect(got.early?.slice(0, 2)).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(got.late?.[0]).toEqual(['a', 'again'])
    expect(seen).toEqual(expect.arrayContaining(['\x01a', '\x01b', 'a|1', 'b|2']))
    expect(broker.statistics.messages).toBeGreaterThanOrEqual(3)
    await broker.close()
    await broker.close()
  })

  test('is polled by hand as well, after everything else', async () => {
    const context = open({ dispatch: 'manual' })
    const other = open()
    const broker = await context.addBroker(ANY, ANY)
    const pub = await other.addPub(broker.xsubEndpoint, 'topic', { bind: false })
    const order: unknown[] = []
    await other.addSub(broker.xpubEndpoint, { handler: (value) => order.push(value) })
    await eventually(() => context.ready === 1)
    expect(pub.hasSubscribers).toBe(false)
    expect(await context.poll()).toBe(1)
    await pub.waitForSubscriber()
    const { endpoint } = await context.addRep(ANY, (value) => order.push(value))
    const answering = (await other.addReq(endpoint)).request('rep')
    await pub.publish('broker')
    await eventually(() => context.ready === 2)
    expect(await context.poll()).toBe(2)
    await answering
    await eventually(() => order.length === 2)
    expect(order).toEqual(['rep', 'broker'])
  })
})

test('mahos 9: the log handler sends a record under root, level and topic, and a subscription to a level filters', async () => {
  const context = open()
  const handler = await context.addPubHandler(ANY, { rootTopic: 'host::name' })
  const frames: unknown[] = []
  await context.addSub(handler.endpoint, {
    topic: 'host::name->INFO',
    codec: 'raw',
    handler: (value, topic) => frames.push([topic, String(value)]),
  })
  await eventually(() => handler.hasSubscribers('info'))
  const time = new Date('2026-01-02T03:04:05.678Z')
  handler.handle({ level: 'warn', text: 'sub->not wanted', time })
  handler.handle({ level: 'info', text: 'sub->hi', time, file: 'motor.ts', line: 3 })
  handler.handle({ level: 'info', text: 'of nothing in particular', time })
  await eventually(() => frames.length === 2)
  expect(frames).toEqual([
    ['host::name->INFO->sub', '2026-01-02T03:04:05.678Z - hi'],
    ['host::name->INFO', '2026-01-02T03:04:05.678Z - of nothing in particular'],
  ])
})

describe('mahos 10: after close', () => {
  test('every call rejects with ERR_CLOSED, and closing twice is fine', async () => {
    const context = open({ dispatch: 'manual' })
    const req = await context.addReq('tcp://127.0.0.1:5999')
    const pub = await context.addPub(ANY, 'topic')
    const sub = await context.addSub(pub.endpoint)
    const rep = await context.addRep(ANY, () => 1)
    const iteration = sub[Symbol.asyncIterator]()
    const waiting = [
      rejectionOf(req.request(1)),
      rejectionOf(context.poll()),
      rejectionOf(pub.waitForSubscriber()),
    ]
    const next = iteration.next()
    const opening = rejectionOf(context.addRep('tcp://localhost:*', () => 1))
    await Promise.all([context.close(), context.close()])
    await context.close()
    const calls = [
      context.addReq('tcp://127.0.0.1:5999'),
      context.addRep(ANY, () => 1),
      context.addPub(ANY, 'topic'),
      context.addSub(ANY),
      context.poll(),
      req.request(1),
      pub.publish(1),
      pub.waitForSubscriber(),
      sub[Symbol.asyncIterator]().next(),
    ].map(rejectionOf)
    for (const error of await Promise.all([...waiting, opening, ...calls]))
      expect(error).toMatchObject({ code: 'ERR_CLOSED' })
    expect(await next).toEqual({ done: true, value: undefined })
    await Promise.all([req, pub, sub, rep].map((each) => each.close()))
  })

  test('nothing keeps the process alive', () => {
    const program = fileURLToPath(new URL('fixtures/close.mjs', import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'closed\n', stderr: '' })
  })
})

describe('mahos 11: a payload of the wrong type is a typed error', () => {
  const reqType = z.object({ channel: z.number() })
  const repType = z.object({ volts: z.number() })

  test('to whoever asks, before it is sent', async () => {
    const context = open()
    let handled = 0
    const { endpoint } = await context.addRep(ANY, () => ++handled)
    const req = await context.addReq(endpoint, { reqType })
    const wrong: unknown = { channel: 'one' }
    const error = await rejectionOf(Reflect.apply(req.request, req, [wrong]))
    expect(error).toMatchObject({ code: 'ERR_INVALID_PAYLOAD', path: 'channel', executed: 'no' })
    expect(String(error)).toMatch(/the request at tcp:\/\/\S+ is of the wrong type at channel: .*number/)
    expect(handled).toBe(0)
  })

  test('to whoever asks, from the replier, whose handler is not called and which goes on', async () => {
    const context = open()
    const handled: number[] = []
    const handler = ({ channel }: { channel: number }) => {
      handled.push(channel)
      return { volts: channel }
    }
    const { endpoint } = await context.addRep(ANY, handler, { reqType, repType })
    const req = await context.addReq(endpoint)
    expect(await rejectionOf(req.request('one'))).toMatchObject({
      code: 'ERR_INVALID_PAYLOAD',
      path: '',
      executed: 'no',
    })
    expect(await req.request({ channel: 3 })).toEqual({ volts: 3 })
    expect(handled).toEqual([3])
    // Bytes that are no MessagePack at all.
    await req.close()
    const bytes = await context.addReq(endpoint, { codec: 'raw' })
    expect(await rejectionOf(bytes.request(Buffer.from([0xc1])))).toMatchObject({
      code: 'ERR_INVALID_PAYLOAD',
    })
  })

  test('in an answer, at either end', async () => {
    const context = open()
    const liar = await context.addRep(ANY, () => ({ volts: 'many' }))
    const req = await context.addReq(liar.endpoint, { repType })
    const expected = { code: 'ERR_INVALID_PAYLOAD', path: 'volts', executed: 'maybe' }
    expect(await rejectionOf(req.request(1))).toMatchObject(expected)
    const careful = await context.addRep<unknown, { volts: number }>(
      ANY,
      () => JSON.parse('{ "volts": "many" }'),
      { repType },
    )
    expect(await rejectionOf((await context.addReq(careful.endpoint)).request(1))).toMatchObject(expected)
  })

  test('of a publisher, and dropped and counted by a subscriber', async () => {
    const context = open()
    const pub = await context.addPub(ANY, 'topic')
    const typed = await context.addPub(pub.endpoint, 'typed', { type: repType })
    expect(await rejectionOf(Reflect.apply(typed.publish, typed, [{ volts: 'x' }]))).toBeInstanceOf(
      SkeinError,
    )
    const got: unknown[] = []
    const sub = await context.addSub(pub.endpoint, { type: repType, handler: (value) => got.push(value) })
    await pub.waitForSubscriber()
    await pub.publish({ volts: 'x' })
    await pub.publish({ volts: 5 })
    await eventually(() => got.length === 1)
    expect(got).toEqual([{ volts: 5 }])
    expect(sub.invalid).toBe(1)
  })
})

describe('mahos 12: polling by hand', () => {
  test('handles one message of each ready socket, repliers first', async () => {
    const context = open({ dispatch: 'manual' })
    const other = open()
    const order: string[] = []
    const pub = await other.addPub(ANY, 'topic')
    const sub = await context.addSub(pub.endpoint, { handler: (value) => order.push(`sub ${value}`) })
    const { endpoint } = await context.addRep(ANY, (value) => order.push(`rep ${value}`))
    await pub.waitForSubscriber()
    await pub.publish(1)
    await pub.publish(2)
    const req = await other.addReq(endpoint)
    const answers = [req.request(1), req.request(2)]
    await eventually(() => context.ready === 2)
    expect(order).toEqual([])
    expect(await context.poll()).toBe(2)
    expect(order).toEqual(['rep 1', 'sub 1'])
    await eventually(() => context.ready === 2)
    expect(await context.poll()).toBe(2)
    expect(order).toEqual(['rep 1', 'sub 1', 'rep 2', 'sub 2'])
    await Promise.all(answers)
    expect(sub.dropped).toBe(0)
  })

  test('with no sockets it waits out its timeout, and does not spin', async () => {
    const clock = new TurnedClock()
    const context = open({ dispatch: 'manual', clock, pollTimeout: 250 })
    const { now } = clock
    let looks = 0
    clock.now = () => {
      looks += 1
      return now.call(clock)
    }
    const polled = context.poll()
    await eventually(() => clock.pending === 1)
    const before = looks
    await new Promise((resolve) => setImmediate(resolve))
    expect(looks - before).toBeLessThan(3)
    await clock.advance(250)
    expect(await polled).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('is given up with the Context, although a handler has not come to an end', async () => {
    const context = open({ dispatch: 'manual' })
    let signal: AbortSignal | undefined
    const { endpoint } = await context.addRep(ANY, (_, info) => {
      signal = info.signal
      return new Promise<never>(() => {})
    })
    const failing = rejectionOf((await open().addReq(endpoint)).request(1))
    await eventually(() => context.ready === 1)
    const polled = rejectionOf(context.poll())
    await eventually(() => signal !== undefined)
    await context.close()
    expect(await polled).toMatchObject({ code: 'ERR_CLOSED' })
    expect(await failing).toMatchObject({ code: 'ERR_PEER_LOST' })
    expect(signal?.aborted).toBe(true)
  })

  test('is refused where messages are handled as they come', async () => {
    expect(await rejectionOf(open().poll())).toMatchObject({ code: 'ERR_INVALID_OPTION', option: 'dispatch' })
  })
})
