import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import type { QueuePolicy } from '../src/policy-queue.js'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

useLedger()

const SIZE = 5
const MESSAGES = 200
const BYTES = 2 ** 18

const numbersOf = (sub: SubChannel<'binary'>): number[] => {
  const numbers: number[] = []
  for (let next = sub.poll(); next !== undefined; next = sub.poll()) numbers.push(next[0] ?? -1)
  return numbers
}

test.each<QueuePolicy>(['old', 'new'])(
  "a subscriber that is stopped costs the others nothing, and its connection's queue obeys the policy '%s'",
  async (policy) => {
    const memory = new MemoryContexts()
    const all = await memory.graph(
      3,
      [
        [1, 0],
        [2, 0],
      ],
      { queue: [SIZE, policy] },
    )
    const options = { type: 'binary', queue: [MESSAGES, 'old'] } as const
    const [stopped, other] = all.slice(1).map((context) => new SubChannel<'binary'>(context, 'test', options))
    const pub = new PubChannel<'binary'>(at(all, 0), 'test', { type: 'binary' })
    await memory.inTime(pub.waitForSubscribers(2))
    memory.stall(1)
    for (let n = 0; n < MESSAGES; n++) {
      await pub.send(new Uint8Array(BYTES).fill(n))
      await memory.clock.advance(10)
    }
    const sent = Array.from({ length: MESSAGES }, (_, n) => n)
    expect(numbersOf(at([other], 0))).toEqual(sent)

    memory.resume(1)
    await memory.clock.advance(5000)
    const got = numbersOf(at([stopped], 0))
    const onTheWay = got.length - SIZE
    const kept = policy === 'old' ? sent.slice(-SIZE) : sent.slice(onTheWay, onTheWay + SIZE)
    expect(got).toEqual([...sent.slice(0, onTheWay), ...kept])
    expect(at(all, 0).discarded).toBe(MESSAGES - got.length)
    // What the link itself takes is bounded, too.
    expect(onTheWay).toBeLessThan(MESSAGES / 2)
    await memory.close()
  },
)
