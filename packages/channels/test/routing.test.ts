import { afterEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { ChannelContext } from '../src/context.js'
import { encodeOwn } from '../src/message-format.js'
import { partsOf } from '../src/parts-of.js'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, Contexts, join, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

type Told = { readonly from: number; readonly n: number }

/** Every context sends and listens, on one channel. */
function chorus(all: readonly ChannelContext[]) {
  return {
    subs: all.map((context) => new SubChannel<'object'>(context, 'chorus', { type: 'object' })),
    pubs: all.map((context) => new PubChannel<'object'>(context, 'chorus', { type: 'object' })),
  }
}

/** What a channel has received, as the numbers of each sender. */
function bySender(sub: SubChannel<'object'>, senders: number): number[][] {
  const lists: number[][] = Array.from({ length: senders }, () => [])
  for (let told = sub.poll(); told !== undefined; told = sub.poll()) {
    const { from, n } = told as Told
    at(lists, from).push(n)
  }
  return lists
}

test('yoton 2: a line of five contexts delivers once to each, and a split to both leaves', async () => {
  const line = await contexts.graph(5, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ])
  const leaf = contexts.open()
  await join(leaf, at(line, 3))
  const all = [...line, leaf]
  const subs = all.map((context) => new SubChannel(context, 'test'))
  const pub = new PubChannel(at(line, 0), 'test')
  await eventually(() => pub.subscribers === 5)
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`)
  for (const text of texts) await pub.send(text)
  await eventually(() => subs.slice(1).every(({ pending }) => pending >= texts.length))
  for (const sub of subs.slice(1)) {
    expect(texts.map(() => sub.poll())).toEqual(texts)
    expect(sub.poll()).toBeUndefined()
  }
  expect(at(subs, 0).pending).toBe(0)
})

test.each([3, 6])(
  'yoton 3: a ring of %i delivers exactly once, none back to its origin, in order',
  async (size) => {
    const pairs = Array.from({ length: size }, (_, n) => [n, (n + 1) % size] as const)
    const all = await contexts.graph(size, pairs)
    const { subs, pubs } = chorus(all)
    await eventually(() => pubs.every(({ subscribers }) => subscribers === size - 1))
    const each = Math.ceil(sized(1200, 10_000) / size)
    await Promise.all(
      pubs.map(async (pub, from) => {
        for (let n = 0; n < each; n++) await pub.send({ from, n })
      }),
    )
    await eventually(() => subs.every(({ pending }) => pending >= each * (size - 1)), { timeout: 60_000 })
    await Promise.all(all.map((context) => context.flush()))
    const sent = Array.from({ length: each }, (_, n) => n)
    for (const [me, sub] of subs.entries()) {
      expect(bySender(sub, size)).toEqual(pubs.map((_, from) => (from === me ? [] : sent)))
    }
  },
  90_000,
)

test('once connected, a context knows who wants what, also behind the one that it is connected to', async () => {
  const all = await contexts.graph(2, [[0, 1]])
  for (const context of all) new SubChannel(context, 'test')
  const late = contexts.open()
  const pub = new PubChannel(late, 'test')
  expect(pub.subscribers).toBe(0)
  await late.connect(`localhost:${at(all, 1).connectionsAll.at(0)?.port}`, { timeout: 5000 })
  expect(pub.subscribers).toBe(2)
})

test('what nobody wants beyond a connection is not sent over it', async () => {
  const all = await contexts.graph(3, [
    [0, 1],
    [1, 2],
  ])
  const near = new SubChannel(at(all, 1), 'near')
  const pub = new PubChannel(at(all, 0), 'near')
  const unheard = new PubChannel(at(all, 0), 'unheard')
  await eventually(() => pub.subscribers === 1)
  const late = new SubChannel(at(all, 2), 'unheard')
  await unheard.send('before it was known that anybody wants it')
  await pub.send('one')
  expect(await near.recv()).toBe('one')
  await eventually(() => unheard.subscribers === 1)
  await unheard.send('after')
  expect(await late.recv()).toBe('after')
  late.close()
  await eventually(() => unheard.subscribers === 0)
})

test('a way that opens ahead of another neither loses nor disorders anything', async () => {
  const memory = new MemoryContexts(1, { min: 1, max: 1 })
  const all = await memory.graph(4, [
    [0, 1],
    [1, 2],
    [2, 3],
  ])
  const pub = new PubChannel(at(all, 0), 'test', { type: 'object' })
  const sub = new SubChannel(at(all, 3), 'test', { type: 'object' })
  await memory.clock.advance(50)
  await pub.send(0)
  await memory.clock.advance(50)
  memory.network.partition('1', '2') // what comes now waits there
  await pub.send(1)
  await memory.clock.advance(50)
  const host = at(all, 0).connectionsAll.at(0)
  if (host !== undefined) await memory.connect(at(all, 3), host)
  await memory.clock.advance(50)
  await pub.send(2)
  await memory.clock.advance(50)
  memory.network.heal()
  await memory.clock.advance(500)
  const read: unknown[] = []
  for (let next = sub.poll(); next !== undefined; next = sub.poll()) read.push(next)
  expect(read).toEqual([0, 1, 2])
  await memory.close()
})

test('what was missed while a context was out of reach is not waited for', async () => {
  const memory = new MemoryContexts()
  const all = await memory.graph(3, [[0, 1]])
  const pub = new PubChannel(at(all, 0), 'test', { type: 'object' })
  const sub = new SubChannel(at(all, 2), 'test', { type: 'object' })
  const hosts = [at(all, 0), at(all, 1)].map((context) => at([context.connectionsAll.at(0)], 0))
  const first = await memory.connect(at(all, 2), at(hosts, 0))
  await pub.send(0)
  await memory.clock.advance(50)
  await memory.inTime(first.close())
  new SubChannel(at(all, 1), 'test', { type: 'object' })
  await memory.clock.advance(50)
  await pub.send(1)
  for (const host of hosts) await memory.connect(at(all, 2), host)
  await memory.clock.advance(50)
  await pub.send(2)
  await memory.clock.advance(50)
  expect([sub.poll(), sub.poll(), sub.poll()]).toEqual([0, 2, undefined])
  await memory.close()
})

test('what can not be read is counted and dropped, and the context goes on', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const pub = new PubChannel(at([a], 0), 'test')
  const sub = new SubChannel(at([b], 0), 'test')
  await eventually(() => pub.subscribers === 1)
  const { router } = partsOf(at([a], 0))
  const [neighbour] = router.neighbours
  const batch = (...rows: unknown[]): [string, ...unknown[]] => ['packages', ...encodeOwn(rows)]
  const bad: [string, ...unknown[]][] = [
    ['packages'],
    ['packages', 'no parts'],
    ['packages', new Uint8Array([0xc1])],
    batch(7),
    batch(['test.text.pubsub', 'somebody', 1, 0, 1, []]),
    batch(['test.text.pubsub', 'somebody', 1, 2, 1, []]),
    batch(['test.text.pubsub', 'somebody', 1000, 1, 1, []]),
    batch(['test.text.pubsub', 'somebody', 1, 1, 1, 'no messages']),
    batch(['test.text.pubsub', 'somebody', 1, 1, 1, ['no parts']]),
    batch(['test.text.pubsub', 'somebody', 1, 1, 1, [[]]]), // a message of no parts, which is no text
    batch(['test.text.pubsub', 'somebody', 1, 1, 2, [new Uint8Array([0xff])]]),
    ['graph', 7],
    ['graph', [['id', 0, [], []]]],
    ['graph', [['id', 1, [], [['key', -1]]]]],
    ['taken', 7],
    ['constructor'],
    ['nonsense'],
  ]
  for (const [method, ...args] of bad) neighbour?.tell(method, ...args)
  await eventually(() => b?.malformed === bad.length)
  await pub.send('well')
  expect(await sub.recv()).toBe('well')
  expect(b?.malformed).toBe(bad.length)
})

test('what a reader does to a message that is passed on changes nothing for others', async () => {
  const [a, b, c] = await contexts.graph(3, [
    [0, 1],
    [1, 2],
  ])
  const options = { type: 'binary' } as const
  const pub = new PubChannel<'binary'>(at([a], 0), 'test', options)
  const [near, far] = [b, c].map((context) => new SubChannel<'binary'>(at([context], 0), 'test', options))
  await pub.waitForSubscribers(2)
  for (const size of [10, 10_000]) {
    const read = near?.recv().then((bytes) => bytes.fill(0))
    await pub.send(new Uint8Array(size).fill(7))
    await read
    expect(await far?.recv()).toEqual(new Uint8Array(size).fill(7))
  }
})
