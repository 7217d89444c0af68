import { expect, test } from '@jest/globals'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

test('a publisher goes on though whoever was to tell it what was read is lost, where there is another way', async () => {
  for (const size of [1, 8]) {
    const memory = new MemoryContexts()
    const all = await memory.graph(4, [
      [0, 1],
      [1, 2],
      [0, 3],
      [3, 2],
    ])
    const pub = new PubChannel(at(all, 0), 'work')
    const sub = new SubChannel(at(all, 2), 'work', { sync: true, queue: [size, 'old'] })
    await memory.clock.advance(100)
    for (let n = 0; n < size; n++) await pub.send(String(n))
    const next = pub.send('next')
    await memory.clock.advance(100)
    memory.network.partition('0', '1') // what is told now waits there
    for (let n = 0; n < size; n++) expect(sub.poll()).toBe(String(n))
    await memory.clock.advance(100)
    memory.network.kill('1')
    await memory.inTime(next)
    await memory.clock.advance(100)
    expect(sub.poll()).toBe('next')
    await memory.close()
  }
})
