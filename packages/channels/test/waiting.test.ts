import { afterEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { PubChannel } from '../src/pub-channel.js'
import { RepChannel } from '../src/rep-channel.js'
import { ReqChannel } from '../src/req-channel.js'
import { mergeSubChannels } from '../src/select.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, Contexts, hostOf, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

test('several channels are read together, in the order of arrival, until all are closed', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const log = new PubChannel(at([a], 0), 'log')
  const bytes = new PubChannel(at([a], 0), 'bytes', { type: 'binary' })
  const subs = [
    new SubChannel(at([b], 0), 'log'),
    new SubChannel(at([b], 0), 'bytes', { type: 'binary' }),
  ] as const
  await Promise.all([log.waitForSubscribers(), bytes.waitForSubscribers()])
  const merged = mergeSubChannels<string | Uint8Array>(...subs)
  const read: unknown[] = []
  const ended = (async () => {
    for await (const { channel, message } of merged) read.push([channel.name, message.length])
  })()
  for (let n = 1; n <= 3; n++) {
    await log.send('x'.repeat(n))
    await bytes.send(new Uint8Array(n))
  }
  const expected = [1, 2, 3].flatMap((n) => [
    ['log', n],
    ['bytes', n],
  ])
  await eventually(() => read.length === expected.length)
  subs[0].close()
  await bytes.send(new Uint8Array(4))
  await eventually(() => read.length === 7)
  subs[1].close()
  await ended
  expect(read).toEqual([...expected, ['bytes', 4]])
})

test('a publisher can wait for its subscribers', async () => {
  const memory = new MemoryContexts()
  const [a, b, c] = await memory.graph(3, [
    [1, 0],
    [2, 1],
  ])
  const log = new PubChannel(at([a], 0), 'log')
  const both = log.waitForSubscribers(2)
  new SubChannel(at([b], 0), 'log')
  await memory.clock.advance(50)
  const late = expect(log.waitForSubscribers(2, { timeout: 100 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: '100 ms have passed: 1 of 2 have subscribed to log',
  })
  await memory.clock.advance(100)
  await late
  new SubChannel(at([c], 0), 'log')
  await memory.inTime(both)
  const third = expect(log.waitForSubscribers(3)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  log.close()
  await third
  await expect(log.waitForSubscribers(0)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  await memory.close()
})

test('a state can be waited for: the value that holds, or the first', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const [here, there] = [a, b].map((context) => new StateChannel(at([context], 0), 'mode'))
  const late = expect(there?.ready({ timeout: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  await memory.clock.advance(100)
  await late
  const waiting = [here?.ready(), there?.ready()]
  here?.send('fast')
  expect((await memory.inTime(Promise.all(waiting))).concat(await here?.ready())).toEqual([
    'fast',
    'fast',
    'fast',
  ])
  const never = new StateChannel(at([a], 0), 'other')
  const closed = expect(never.ready()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  never.close()
  await closed
  await memory.close()
})

test('whoever awaits one sending after the other leaves the event loop its turns', async () => {
  const pub = new PubChannel(contexts.open(), 'log')
  let isOver = false
  setImmediate(() => {
    isOver = true
  })
  let sent = 0
  while (!isOver && sent < 100_000) {
    await pub.send('again')
    sent += 1
  }
  expect(isOver).toBe(true)
})

test('what is asked must have a name, and what is not there says what is', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  new RepChannel(at([a], 0), 'stage', { move: () => {}, stop: () => {} })
  const req = new ReqChannel(at([b], 0), 'stage')
  await expect(req.ask('')).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  await expect(req.ask('fly')).rejects.toMatchObject({
    code: 'ERR_NO_SUCH_METHOD',
    message: 'stage has no method fly; it has move, stop',
  })
})

test('a context is closed at the end of its block', async () => {
  const other = contexts.open()
  const host = await hostOf(other)
  {
    await using context = contexts.open()
    await context.connect(`localhost:${host.port}`)
    await eventually(() => host.contexts.length === 1)
  }
  await eventually(() => host.contexts.length === 0)
})

test('whoever waits can give it up, and takes nothing from those that wait behind him', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  const log = new PubChannel(at([a], 0), 'log')
  const sub = new SubChannel(at([b], 0), 'log')
  const state = new StateChannel(at([b], 0), 'volts', { type: 'object' })
  await log.waitForSubscribers()
  const giver = new AbortController()
  const { signal } = giver
  const left = [sub.recv({ signal }), log.waitForSubscribers(2, { signal }), state.ready({ signal })]
  const next = sub.recv()
  giver.abort()
  for (const waiting of left) await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  await log.send('for who stayed')
  expect(await next).toBe('for who stayed')
  await expect(sub.recv({ signal })).rejects.toMatchObject({
    code: 'ERR_CANCELLED',
    message: 'it was given up: no message has come on log',
  })
})
