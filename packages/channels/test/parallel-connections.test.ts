import { expect, test } from '@jest/globals'
import { seedsTo, sized } from '@skein/test-harness/size'
import { PubChannel } from '../src/pub-channel.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { MemoryContexts } from './support/contexts.js'

/** Two contexts, of which one is connected to the other twice. */
async function twice(seed = 1, latency = { min: 5, max: 5 }) {
  const memory = new MemoryContexts(seed, latency)
  const [guest, host] = [memory.open(), memory.open()]
  const door = await host.bind('localhost:door')
  const [first, second] = [await memory.connect(guest, door), await memory.connect(guest, door)]
  await memory.clock.advance(100)
  return { memory, guest, host, first, second }
}

test('of two connections to the same context one may go, and what was told over it meanwhile holds', async () => {
  for (const which of ['first', 'second'] as const) {
    const { memory, guest, host, ...connections } = await twice()
    const log = new PubChannel(guest, 'log')
    const mode = new StateChannel(guest, 'mode')
    await memory.clock.advance(100)
    const closed = connections[which].close()
    new SubChannel(host, 'log')
    new StateChannel(host, 'mode').send('fast')
    await memory.inTime(closed)
    await memory.clock.advance(1000)
    expect([which, log.subscribers, mode.recv()]).toEqual([which, 1, 'fast'])
    await memory.close()
  }
})

test('of two connections to the same context either may go, and nothing is lost, doubled or disordered', async () => {
  const texts = Array.from({ length: 20 }, (_, n) => String(n))
  for (const which of ['first', 'second'] as const)
    for (const end of ['sender', 'reader'] as const)
      for (const seed of seedsTo(sized(3, 20))) {
        const { memory, guest, host, ...connections } = await twice(seed, { min: 1, max: 30 })
        const [from, to] = end === 'sender' ? [guest, host] : [host, guest]
        const pub = new PubChannel(from, 'log')
        const sub = new SubChannel(to, 'log')
        await memory.clock.advance(200)
        for (const [n, text] of texts.entries()) {
          void pub.send(text)
          if (n === 10) void connections[which].close()
          await memory.clock.advance(3)
        }
        await memory.clock.advance(20_000)
        const read: string[] = []
        for (let next = sub.poll(); next !== undefined; next = sub.poll()) read.push(next)
        expect([which, end, seed, read]).toEqual([which, end, seed, texts])
        await memory.close()
      }
})
