import { afterEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { ChannelContext } from '../src/context.js'
import { PubChannel } from '../src/pub-channel.js'
import { selectSubChannel } from '../src/select.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, Contexts, join, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

/** Everything that waits on a channel. */
function pollAll<M>(channel: { poll(): M | undefined }): M[] {
  const all: M[] = []
  for (let next = channel.poll(); next !== undefined; next = channel.poll()) all.push(next)
  return all
}

test('yoton 1: what is sent before any peer reaches the first peer only, in order', async () => {
  const [a, first, second] = [contexts.open(), contexts.open(), contexts.open()]
  const pub = new PubChannel(a, 'test')
  for (const text of ['one', 'two', 'three']) await pub.send(text)
  const late = new SubChannel(second, 'test')
  await join(first, a)
  await join(second, a)
  // Its channel need not be there yet, as in the model's example.
  const sub = new SubChannel(first, 'test')
  expect([await sub.recv(), await sub.recv(), await sub.recv()]).toEqual(['one', 'two', 'three'])
  await eventually(() => pub.subscribers === 2)
  await pub.send('four')
  expect([await late.recv(), await sub.recv()]).toEqual(['four', 'four'])
  expect([late.pending, sub.pending]).toEqual([0, 0])
})

test("yoton 4: a queue of (3, 'old') keeps the last three, (3, 'new') the first three; anything else is an error", async () => {
  for (const [policy, kept] of [
    ['old', ['2', '3', '4']],
    ['new', ['0', '1', '2']],
  ] as const) {
    const [a, b] = [contexts.open({ queue: [3, policy] }), contexts.open()]
    const pub = new PubChannel(a, 'test')
    const sub = new SubChannel(b, 'test', { queue: [3, policy] })
    for (let n = 0; n < 5; n++) await pub.send(String(n))
    await join(b, a)
    for (const text of kept) expect(await sub.recv()).toBe(text)
    // And so does the queue of a channel.
    await eventually(() => pub.subscribers === 1)
    for (let n = 0; n < 5; n++) await pub.send(String(n))
    await a.flush()
    await eventually(() => sub.discarded === 2)
    expect(pollAll(sub)).toEqual(kept)
  }
  for (const queue of [[0, 'old'], [3, 'oldest'], [1.5, 'new'], 'old', [3], [3, 'old', 1]])
    expect(() => Reflect.construct(ChannelContext, [{ queue }])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'queue' }),
    )
})

test('yoton 13: selectSubChannel gives messages of several channels in their order of arrival', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const names = ['x', 'y', 'z']
  const subs = names.map((name) => new SubChannel(at([b], 0), name))
  const pubs = names.map((name) => new PubChannel(at([a], 0), name))
  expect(selectSubChannel(...subs)).toBeUndefined()
  await eventually(() => pubs.every((pub) => pub.subscribers === 1))
  const order = [2, 0, 0, 1, 2, 1, 0]
  for (const [n, which] of order.entries()) await at(pubs, which).send(`${n}`)
  await a?.flush()
  await eventually(() => subs.reduce((sum, { pending }) => sum + pending, 0) === order.length)
  const read: [string, string | undefined][] = []
  for (let next = selectSubChannel(...subs); next !== undefined; next = selectSubChannel(...subs))
    read.push([next.key, next.poll()])
  expect(read).toEqual(order.map((which, n) => [at(subs, which).key, `${n}`]))
})

test('yoton 14: in sync mode a publisher is slowed to its subscriber, and what waits stays within the queue', async () => {
  const [a, b, c] = await contexts.graph(3, [
    [0, 1],
    [1, 2],
  ])
  const count = sized(5000, 100_000)
  const sub = new SubChannel(at([c], 0), 'work', { type: 'object', sync: true, queue: [100, 'old'] })
  const other = new SubChannel(at([b], 0), 'work', { type: 'object' })
  const pub = new PubChannel(at([a], 0), 'work', { type: 'object' })
  await eventually(() => pub.subscribers === 2)
  let sent = 0
  const sending = (async () => {
    for (; sent < count; sent++) await pub.send(sent)
  })()
  // Nobody reads: the publisher stops when the queue is full.
  await eventually(() => sub.pending === 100)
  await a?.flush()
  expect([sent, sub.pending]).toEqual([100, 100])
  let most = 0
  const read: unknown[] = []
  for (let n = 0; n < count; n++) {
    most = Math.max(most, sub.pending, sent - n)
    read.push(await sub.recv())
  }
  expect(read.join()).toBe(Array.from({ length: count }, (_, n) => n).join())
  await sending
  expect(most).toBeLessThanOrEqual(200)
  expect([sub.discarded, other.pending]).toEqual([0, Math.min(count, 10_000)])
}, 120_000)

test('a subscriber in sync mode that goes holds nobody up', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const sub = new SubChannel(at([b], 0), 'work', { sync: true, queue: [1, 'old'] })
  const pub = new PubChannel(at([a], 0), 'work')
  await eventually(() => pub.subscribers === 1)
  await pub.send('read by nobody')
  const waits = pub.send('waits')
  await eventually(() => sub.pending === 1)
  sub.close()
  await waits
  await expect(sub.recv()).resolves.toBe('read by nobody')
  await expect(sub.recv()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('yoton 15: flush resolves when all has left, and rejects at its timeout', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const alone = memory.open()
  await alone.flush(100)
  await new PubChannel(alone, 'test').send('for whoever comes first')
  const pub = new PubChannel(at([a], 0), 'test')
  const sub = new SubChannel(at([b], 0), 'test')
  await memory.clock.advance(10)
  for (let n = 0; n < 100; n++) await pub.send(String(n))
  await memory.inTime(at([a], 0).flush())
  expect(sub.pending).toBe(100)
  const timedOut = { code: 'ERR_TIMEOUT', timeoutMs: 500 }
  await Promise.all([expect(memory.inTime(alone.flush(500))).rejects.toMatchObject(timedOut)])
  memory.stall(1)
  await pub.send('stuck')
  await expect(memory.inTime(at([a], 0).flush(500))).rejects.toMatchObject(timedOut)
  memory.resume(1)
  await memory.close()
})

test('recv waits, polls, and rejects at its timeout; closing rejects who waits', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const pub = new PubChannel(at([a], 0), 'test', { type: 'object' })
  const sub = new SubChannel(at([b], 0), 'test', { type: 'object' })
  expect(sub.poll()).toBeUndefined()
  await expect(sub.recv({ timeout: 20 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 20 })
  await eventually(() => pub.subscribers === 1)
  const [first, second] = [sub.recv(), sub.recv({ timeout: 5000 })]
  const message = { n: [1, undefined, 2n], bytes: new Uint8Array(5000).fill(7) }
  await pub.send(message)
  await pub.send(null)
  message.bytes.fill(0)
  expect([await first, await second]).toEqual([
    { n: [1, undefined, 2n], bytes: new Uint8Array(5000).fill(7) },
    null,
  ])
  const waiting = sub.recv()
  b?.closeChannels()
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  expect(b?.connectionCount).toBe(1)
  new SubChannel(at([b], 0), 'test', { type: 'object' })
})

test('a channel is iterated until it is closed', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const pub = new PubChannel(at([a], 0), 'Test')
  const sub = new SubChannel(at([b], 0), 'TEST')
  await eventually(() => pub.subscribers === 1)
  const read: string[] = []
  const reading = (async () => {
    for await (const text of sub) {
      read.push(text)
      if (text === 'last') sub.close()
    }
  })()
  for (const text of ['first', 'last']) await pub.send(text)
  await reading
  expect(read).toEqual(['first', 'last'])
})

test('bad names, types and messages are errors', async () => {
  const context = contexts.open()
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  for (const name of ['', 'a b', 'x'.repeat(129)]) expect(() => new PubChannel(context, name)).toThrow(wrong)
  expect(() => Reflect.construct(SubChannel, [context, 'x', { type: 'image' }])).toThrow(wrong)
  expect(() => Reflect.construct(SubChannel, [context, 'x', { quque: [3, 'old'] }])).toThrow(wrong)
  expect(() => Reflect.construct(SubChannel, [{}, 'x'])).toThrow(wrong)
  expect(() => Reflect.construct(StateChannel, [context, 'x', { changed: 7 }])).toThrow(wrong)
  const pub = new PubChannel(context, 'x')
  const sub = new SubChannel(context, 'x')
  const slip = { timout: 5 }
  for (const waiting of [
    Reflect.apply(sub.recv, sub, [slip]),
    Reflect.apply(pub.waitForSubscribers, pub, [1, slip]),
    Reflect.apply(StateChannel.prototype.ready, new StateChannel(context, 'x'), [slip]),
  ])
    await expect(waiting).rejects.toThrow(wrong)
  expect(() => new PubChannel(context, 'X')).toThrow(wrong)
  expect(() => new SubChannel(context, 'x')).toThrow(wrong)
  new PubChannel(context, 'x', { type: 'object' })
  await expect(Reflect.apply(pub.send, pub, [7])).rejects.toThrow(wrong)
  const objects = new PubChannel(context, 'y', { type: 'object' })
  await expect(objects.send({ f: () => {} })).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  pub.close()
  pub.close()
  await expect(pub.send('late')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  new PubChannel(context, 'x')
})
