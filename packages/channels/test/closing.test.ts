import { expect, test } from '@jest/globals'
import { PubChannel } from '../src/pub-channel.js'
import { RepChannel } from '../src/rep-channel.js'
import { ReqChannel } from '../src/req-channel.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

test('everything that is awaited of a context settles when it is closed, and no alarm is left', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const context = at([a], 0)
  new RepChannel(at([b], 0), 'work', { wait: () => new Promise(() => {}) })
  new SubChannel(at([b], 0), 'log', { sync: true, queue: [1, 'old'] })
  const pub = new PubChannel(context, 'log')
  const [req, lonely] = [new ReqChannel(context, 'work'), new ReqChannel(context, 'lonely')]
  await memory.clock.advance(100)
  await pub.send('one')
  const awaited = [
    pub.send('two'),
    pub.waitForSubscribers(2),
    pub.waitForSubscribers(2, { timeout: 60_000 }),
    new SubChannel(context, 'log').recv({ timeout: 60_000 }),
    new StateChannel(context, 'mode').ready(),
    req.ask('wait'),
    lonely.ask('wait'),
  ].map((each) =>
    each.then(
      () => 'resolved',
      (error) => error.code,
    ),
  )
  memory.stall(1)
  const flushed = context.flush(60_000).then(
    () => 'resolved',
    (error) => error.code,
  )
  const began = memory.clock.now()
  await memory.inTime(context.close())
  expect(await memory.inTime(Promise.all([...awaited, flushed]))).toEqual([
    ...Array(5).fill('ERR_CLOSED'),
    'ERR_PEER_LOST',
    'ERR_CLOSED',
    'resolved',
  ])
  expect(memory.clock.now() - began).toBeLessThan(10_000)
  memory.resume(1)
  await memory.close()
})

test('what a context could not send before it was closed is sent to nobody', async () => {
  const memory = new MemoryContexts()
  const [a, b] = [memory.open(), memory.open()]
  await new PubChannel(a, 'log').send('before')
  const waiting = expect(a.flush(60_000)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await a.close()
  await waiting
  const sub = new SubChannel(b, 'log')
  const pub = new PubChannel(a, 'log')
  await pub.send('after')
  await memory.connect(b, await a.bind('localhost:door'))
  await memory.clock.advance(100)
  expect([sub.poll(), sub.poll()]).toEqual(['after', undefined])
  await memory.close()
})
