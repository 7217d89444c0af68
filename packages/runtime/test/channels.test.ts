import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { PubChannel, RepChannel, ReqChannel, StateChannel, SubChannel } from '@skein/channels'
import type { Clock } from '@skein/core/internal'
import type { Runtime } from '../src/runtime.js'
import { ClockedMesh } from './support/clocked-mesh.js'

let mesh: ClockedMesh
let monitor: Runtime
let a: Runtime
let b: Runtime
let c: Runtime

beforeEach(async () => {
  mesh = new ClockedMesh()
  monitor = await mesh.monitor()
  a = await mesh.runtime('a')
  b = await mesh.runtime('b')
  c = await mesh.runtime('c')
})
afterEach(() => mesh.close())

const read = (sub: SubChannel): string[] => {
  const all: string[] = []
  for (let next = sub.poll(); next !== undefined; next = sub.poll()) all.push(next)
  return all
}

test('whoever has channels is connected to all others that have some, and to nobody else', async () => {
  const log = new PubChannel(a.channels, 'log')
  const subs = [b, c].map((runtime) => new SubChannel(runtime.channels, 'log'))
  await mesh.clock.advance(100)
  expect([a, b, c, monitor].map(({ channels }) => channels.peers.sort())).toEqual([
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
    [],
  ])
  expect(log.subscribers).toBe(2)
  for (const text of ['one', 'two']) await log.send(text)
  await mesh.clock.advance(100)
  expect(subs.map(read)).toEqual([
    ['one', 'two'],
    ['one', 'two'],
  ])
})

test('who comes later is found, and gets the states', async () => {
  const state = new StateChannel(a.channels, 'mode')
  state.send('fast')
  const jobs = new ReqChannel(b.channels, 'jobs')
  await mesh.clock.advance(100)
  const d = await mesh.runtime('d')
  const seen = new StateChannel(d.channels, 'mode')
  new RepChannel(d.channels, 'jobs', { twice: (n: number) => 2 * n })
  await mesh.clock.advance(100)
  expect(seen.recv()).toBe('fast')
  expect((await mesh.settled(jobs.ask('twice', [21]))).value).toBe(42)
  seen.send('slow')
  await mesh.clock.advance(100)
  expect(state.recv()).toBe('slow')
})

test('what is sent before anybody wants it goes to the first who does', async () => {
  const log = new PubChannel(a.channels, 'log')
  await log.send('one')
  new SubChannel(b.channels, 'other')
  await mesh.clock.advance(100)
  await log.send('two')
  await mesh.settled(a.channels.flush()) // which does not wait for somebody who may never come
  const first = new SubChannel(c.channels, 'log')
  await mesh.settled(log.waitForSubscribers())
  const second = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  await log.send('three')
  await mesh.clock.advance(100)
  expect([read(first), read(second)]).toEqual([['one', 'two', 'three'], ['three']])
})

test('each hears of a message and of a state from its sender alone', async () => {
  const log = new PubChannel(a.channels, 'log')
  const mode = new StateChannel(a.channels, 'mode')
  const others = [b, c, await mesh.runtime('d'), await mesh.runtime('e')]
  for (const { channels } of others) {
    new SubChannel(channels, 'log')
    new StateChannel(channels, 'mode')
  }
  await mesh.clock.advance(100)
  const received: string[] = []
  for (const runtime of others)
    runtime.use((request, next) => {
      if (['packages', 'state'].includes(request.message.method))
        received.push(`${request.from} to ${runtime.uid}: ${request.message.method}`)
      return next(request)
    })
  await log.send('one')
  mode.send('fast')
  await mesh.clock.advance(500)
  const expected = others.flatMap(({ uid }) => [`a to ${uid}: packages`, `a to ${uid}: state`])
  expect(received.sort()).toEqual(expected.sort())
})

test('a state that its writer has not told all of before it died is told by the others', async () => {
  const [written, ...others] = [a, b, c].map(({ channels }) => new StateChannel(channels, 'mode'))
  await mesh.clock.advance(100)
  mesh.network.partition('a', 'c')
  written?.send('fast')
  await mesh.clock.advance(100)
  expect(others.map((each) => each.recv())).toEqual(['fast', undefined])
  await mesh.kill(a)
  await mesh.clock.advance(20_000)
  expect(others.map((each) => each.recv())).toEqual(['fast', 'fast'])
})

test('what is sent over a link that is interrupted arrives, once and in order', async () => {
  const log = new PubChannel(a.channels, 'log')
  const sub = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  const sent = Array.from({ length: 60 }, (_, n) => String(n))
  for (const [n, text] of sent.entries()) {
    await log.send(text)
    if (n === 10) mesh.network.partition('a', 'b')
    if (n === 20) mesh.network.heal('a', 'b')
    if (n === 30) mesh.network.cut('a', 'b')
    await mesh.clock.advance(100)
  }
  await mesh.clock.advance(10_000)
  expect(read(sub)).toEqual(sent)
})

test('a runtime that has died is not there any more, and its successor is', async () => {
  const log = new PubChannel(a.channels, 'log')
  new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  await mesh.kill(b)
  await mesh.clock.advance(20_000)
  expect({ peers: a.channels.peers, subscribers: log.subscribers }).toEqual({ peers: [], subscribers: 0 })
  b = await mesh.runtime('b')
  const sub = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  expect(a.channels.peers).toEqual(['b'])
  await log.send('again')
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['again'])
})

test('the monitor may be away; who comes after it is back is found', async () => {
  const log = new PubChannel(a.channels, 'log')
  const sub = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  await mesh.kill(monitor)
  await log.send('without')
  await mesh.clock.advance(5000)
  expect(read(sub)).toEqual(['without'])
  monitor = await mesh.monitor()
  await mesh.clock.advance(5000)
  const d = await mesh.runtime('d')
  const late = new SubChannel(d.channels, 'log')
  await mesh.clock.advance(200)
  expect(d.channels.peers.sort()).toEqual(['a', 'b'])
  await log.send('with')
  await mesh.clock.advance(200)
  expect([read(sub), read(late)]).toEqual([['with'], ['with']])
})

test('who could not be reached at first is found when it can be', async () => {
  mesh.network.partition('a', 'c')
  const log = new PubChannel(a.channels, 'log')
  const sub = new SubChannel(c.channels, 'log')
  await mesh.clock.advance(15_000)
  expect(log.subscribers).toBe(0)
  mesh.network.heal('a', 'c')
  await mesh.clock.advance(30_000)
  expect(log.subscribers).toBe(1)
  await log.send('at last')
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['at last'])
})

test('a context that is closed is left by the others, and can be used again', async () => {
  const log = new PubChannel(a.channels, 'log')
  const first = new SubChannel(b.channels, 'log')
  new SubChannel(c.channels, 'log')
  await mesh.clock.advance(100)
  await b.channels.close()
  expect([first.isClosed, b.channels.connectionCount]).toEqual([true, 0])
  await mesh.clock.advance(100)
  expect([a.channels.peers, log.subscribers]).toEqual([['c'], 1])
  const second = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  expect([a.channels.peers.sort(), log.subscribers]).toEqual([['b', 'c'], 2])
  await log.send('again')
  await mesh.clock.advance(100)
  expect(read(second)).toEqual(['again'])
})

test('what was sent before a runtime stops arrives', async () => {
  const log = new PubChannel(a.channels, 'log')
  const sub = new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  void log.send('the last')
  await mesh.settled(a.stop())
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['the last'])
  expect(b.channels.peers).toEqual([])
  expect(() => new PubChannel(a.channels, 'more')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test('an object that is disposed when its runtime stops can still say so', async () => {
  const sub = new SubChannel(b.channels, 'log')
  const log = new PubChannel(a.channels, 'log')
  await mesh.settled(log.waitForSubscribers())
  const object = { look: () => 'here', [Symbol.asyncDispose]: () => log.send('disposed') }
  b.expose('shelf', { keep: (kept: unknown) => void kept })
  await mesh.settled(a.comms.sendRecv('b', { service: 'shelf', method: 'keep', args: [a.share(object)] }))
  await mesh.settled(a.stop())
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['disposed'])
})

test('runtimes without a monitor are connected when they are linked, whichever begins first', async () => {
  const [x, y] = [
    await mesh.runtime('x', { monitor: undefined }),
    await mesh.runtime('y', { monitor: undefined }),
  ]
  const log = new PubChannel(x.channels, 'log')
  await mesh.settled(x.comms.connect(y.comms.address ?? ''))
  const sub = new SubChannel(y.channels, 'log')
  await mesh.clock.advance(100)
  await log.send('hello')
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['hello'])
})

test('what comes that can not be read is counted, and what is asked of one without channels is refused', async () => {
  new PubChannel(a.channels, 'log')
  await mesh.clock.advance(100)
  const send = (method: string, ...args: unknown[]) =>
    b.comms.send('a', { service: 'skein.channels', method, args })
  for (const args of [[], [7], ['']]) await send('hello', ...args)
  await send('members', 'nobody')
  await send('packages', new Uint8Array(3)) // from one who has not greeted: neither read nor counted
  await mesh.clock.advance(100)
  expect(a.channels.malformed).toBe(4)
  const asked = b.comms.sendRecv('c', { service: 'skein.channels', method: 'barrier', args: [] })
  await expect(mesh.settled(asked)).rejects.toMatchObject({ code: 'ERR_CLOSED', executed: 'no' })
})

test('a runtime that takes nothing keeps nobody from closing its channels, nor from stopping', async () => {
  const flow = { outboxMessages: 1, windowMessages: 1 }
  const [x, y] = [await mesh.runtime('x', { flow }), await mesh.runtime('y', { flow })]
  const pubs = [x, y].map(({ channels }) => new PubChannel(channels, 'log'))
  new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  mesh.network.stall('b')
  for (const pub of pubs) await pub.send('it fills the link')
  await mesh.clock.advance(100)
  for (const pub of pubs) void pub.send('it waits for room')
  await mesh.settled(x.channels.close(), 1000)
  await mesh.settled(y.stop(), 10_000)
  mesh.network.resume('b')
})

test('whoever makes a channel in a runtime that has ended is told so each time', async () => {
  await mesh.settled(a.stop())
  for (let n = 0; n < 2; n++)
    expect(() => new SubChannel(a.channels, 'log')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test('who comes back is known by what it wants now', async () => {
  const log = new PubChannel(a.channels, 'log')
  new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  await b.channels.close()
  await mesh.clock.advance(100)
  await log.send('one')
  new SubChannel(b.channels, 'other')
  await mesh.clock.advance(100)
  const sub = new SubChannel(c.channels, 'log')
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['one'])
})

test('a runtime that starts anew at once, under the same uid, is found', async () => {
  const log = new PubChannel(a.channels, 'log')
  new SubChannel(b.channels, 'log')
  await mesh.clock.advance(100)
  for (let n = 0; n < 3; n++) {
    await mesh.kill(b)
    b = await mesh.runtime('b')
    const sub = new SubChannel(b.channels, 'log')
    await mesh.clock.advance(200 * n + 50)
    await mesh.settled(log.waitForSubscribers(), 20_000)
    await mesh.clock.advance(10_000)
    await log.send(String(n))
    await mesh.clock.advance(100)
    expect([n, read(sub), a.channels.peers]).toEqual([n, [String(n)], ['b']])
  }
})

test('two of whom only one has given the other up find each other again', async () => {
  const late: (() => void)[] = []
  let isStalled = false
  const clock: Clock = {
    now: () => mesh.clock.now(),
    after: (ms, fn) => mesh.clock.after(ms, () => (isStalled ? void late.push(fn) : fn())),
  }
  const d = await mesh.runtime('d', { clock })
  const log = new PubChannel(a.channels, 'log')
  const back = new SubChannel(a.channels, 'back')
  const sub = new SubChannel(d.channels, 'log')
  const echo = new PubChannel(d.channels, 'back')
  await mesh.clock.advance(100)
  const others = ['monitor', 'a', 'b', 'c']
  for (const uid of others) mesh.network.partition(uid, 'd')
  mesh.network.stall('d')
  isStalled = true
  await mesh.clock.advance(20_000)
  expect(a.channels.peers).toEqual([])
  expect(d.channels.peers).toEqual(['a'])
  for (const uid of others) mesh.network.heal(uid, 'd')
  mesh.network.resume('d')
  isStalled = false
  for (const fn of late.splice(0)) fn()
  await mesh.clock.advance(30_000)
  await log.send('one')
  await echo.send('two')
  await mesh.clock.advance(1000)
  expect([a.channels.peers, d.channels.peers]).toEqual([['d'], ['a']])
  expect([read(sub), read(back)]).toEqual([['one'], ['two']])
})

test('what was sent before a subscriber in sync mode came counts as unread', async () => {
  const pub = new PubChannel(a.channels, 'work')
  for (let n = 0; n < 5; n++) await pub.send(String(n))
  const sub = new SubChannel(b.channels, 'work', { sync: true, queue: [2, 'old'] })
  await mesh.clock.advance(100)
  let isSent = false
  const next = pub.send('next').then(() => {
    isSent = true
  })
  await mesh.clock.advance(100)
  expect([isSent, read(sub)]).toEqual([false, ['0', '1', '2', '3', '4']])
  await mesh.settled(next)
  await mesh.clock.advance(100)
  expect(read(sub)).toEqual(['next'])
})

test('in sync mode nothing is discarded, though the link is full and the queue too', async () => {
  const x = await mesh.runtime('x', { flow: { outboxMessages: 1, windowMessages: 1 } })
  const count = 11_000
  const pub = new PubChannel(x.channels, 'work')
  const sub = new SubChannel(b.channels, 'work', { sync: true, queue: [count, 'old'] })
  await mesh.clock.advance(100)
  mesh.network.stall('b')
  await pub.send('0')
  await mesh.clock.advance(100)
  for (let n = 1; n < count; n++) void pub.send(String(n))
  await mesh.clock.advance(100)
  mesh.network.resume('b')
  await mesh.clock.advance(10_000)
  expect(read(sub)).toEqual(Array.from({ length: count }, (_, n) => String(n)))
})
