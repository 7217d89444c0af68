import { expect, test } from '@jest/globals'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

test('a message in more pieces than can be sent at once is refused, and nothing is lost with it', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const pub = new PubChannel<'object'>(at([a], 0), 'test', { type: 'object' })
  const sub = new SubChannel<'object'>(at([b], 0), 'test', { type: 'object' })
  await memory.clock.advance(100)
  const pieces = (count: number) => Array.from({ length: count }, () => new Uint8Array(4096))
  const sent = [1000, 2036, 2047, 2048, 5000].flatMap((count) => [1, 14, count, 2])
  const taken: number[] = []
  const errors: unknown[] = []
  for (const count of sent)
    await pub.send(pieces(count)).then(
      () => taken.push(count),
      (error) => errors.push(error.code),
    )
  await memory.clock.advance(100)
  const read: number[] = []
  for (let next = sub.poll(); Array.isArray(next); next = sub.poll()) read.push(next.length)
  expect(read).toEqual(taken)
  expect(errors).toEqual(errors.map(() => 'ERR_TOO_LARGE'))
  expect(errors.length).toBeGreaterThan(0)
  await memory.close()
})
