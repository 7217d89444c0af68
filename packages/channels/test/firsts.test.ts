import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

useLedger()

const SYNC = { queue: [5, 'old'], sync: true } as const

const read = (sub: SubChannel): string[] => {
  const all: string[] = []
  for (let next = sub.poll(); next !== undefined; next = sub.poll()) all.push(next)
  return all
}

test('what was sent before anybody was there reaches who wants it behind the first', async () => {
  const memory = new MemoryContexts()
  const [a, relay, c] = await memory.graph(3, [[2, 1]])
  const sub = new SubChannel(at([c], 0), 'test')
  const pub = new PubChannel(at([a], 0), 'test')
  await memory.clock.advance(50)
  for (const text of ['one', 'two']) await pub.send(text)
  const [host] = at([relay], 0).connectionsAll
  const connected = memory.connect(at([a], 0), at([host], 0))
  await pub.send('three')
  await connected
  await pub.send('four')
  await memory.clock.advance(50)
  expect(read(sub)).toEqual(['one', 'two', 'three', 'four'])
  expect(new SubChannel(at([relay], 0), 'test').pending).toBe(0)
  await memory.close()
})

test('a context that is closed keeps nothing of what it could not send', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [])
  const sub = new SubChannel(at([b], 0), 'test')
  await new PubChannel(at([a], 0), 'test').send('from the first life')
  await memory.inTime(at([a], 0).close())
  await memory.inTime(at([a], 0).flush())
  const [host] = at([b], 0).connectionsAll
  await memory.connect(at([a], 0), at([host], 0))
  await new PubChannel(at([a], 0), 'test').send('from the second')
  await memory.clock.advance(50)
  expect(read(sub)).toEqual(['from the second'])
  await memory.close()
})

test('in sync mode nothing is lost where one reader takes the place of another, nor does anybody wait for the old one', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const first = new SubChannel(at([b], 0), 'test', SYNC)
  const pub = new PubChannel(at([a], 0), 'test')
  await memory.inTime(pub.waitForSubscribers())
  for (let n = 0; n < 5; n++) await pub.send(`unread ${n}`)
  await memory.clock.advance(50)
  expect(first.pending).toBe(5)
  first.close()
  const second = new SubChannel(at([b], 0), 'test', SYNC)
  const sent = Array.from({ length: 20 }, (_, n) => `message ${n}`)
  const sending = Promise.all(sent.map((text) => pub.send(text)))
  const got: string[] = []
  for (let rounds = 0; rounds < 20 && got.length < sent.length; rounds++) {
    await memory.clock.advance(20)
    got.push(...read(second))
  }
  await memory.inTime(sending)
  expect(got).toEqual(sent)
  await memory.close()
})
