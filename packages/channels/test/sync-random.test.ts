import { expect, test } from '@jest/globals'
import { randomBelow } from '@skein/test-harness'
import { seedsTo, sized } from '@skein/test-harness/size'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'

const SIZE = 5
const MESSAGES = Array.from({ length: 150 }, (_, n) => String(n))

test.each(seedsTo(sized(3, 50)))(
  'in sync mode all arrives, and the publisher goes on, whichever connections are cut or made and whoever else reads (%i)',
  async (seed) => {
    const random = randomBelow(seed)
    const memory = new MemoryContexts(seed, { min: 1, max: 30 })
    const tree = Array.from({ length: SIZE - 1 }, (_, n): [number, number] => [n + 1, random(n + 1)])
    const isNew = ([a, b]: [number, number]) =>
      a !== b && !tree.some((edge) => edge.includes(a) && edge.includes(b))
    const spare = Array.from({ length: 6 }, (): [number, number] => [random(SIZE), random(SIZE)]).filter(
      isNew,
    )
    const all = await memory.graph(SIZE, [...tree, ...spare], { queue: [5, 'old'] })
    const sync = { sync: true, queue: [1 + random(8), 'old'] } as const
    const pub = new PubChannel(at(all, 0), 'work')
    const sub = new SubChannel(at(all, SIZE - 1), 'work', sync)
    let other = new SubChannel(at(all, 1), 'work', sync)
    await memory.clock.advance(200)
    let sent = 0
    for (const text of MESSAGES) void pub.send(text).then(() => sent++)
    const read: string[] = []
    const readSome = (): void => {
      for (let n = random(6); n > 0; n--) {
        read.push(...[sub.poll()].filter((text) => text !== undefined))
        other.poll()
      }
    }
    for (let round = 0; round < 60; round++) {
      const [kept, lost] = [at(tree, random(tree.length)), spare[random(spare.length)]]
      const chosen = random(8)
      if (chosen === 0 && lost !== undefined) memory.network.partition(...named(lost))
      if (chosen === 1) memory.network.cut(...named(kept))
      if (chosen === 2) memory.network.heal()
      if (chosen === 3) {
        other.close()
        other = new SubChannel(at(all, 1 + random(SIZE - 2)), 'work', sync)
      }
      const endpoint = at(all, random(SIZE)).connectionsAll.at(0)?.endpoint ?? ''
      // It may be its own, or lead to whom it is connected to already.
      if (chosen === 4)
        at(all, random(SIZE))
          .connect(endpoint)
          .catch(() => {})
      await memory.clock.advance(random(4) === 0 ? 9000 : random(100))
      readSome()
    }
    memory.network.heal()
    for (let n = 0; n < 400 && read.length < MESSAGES.length; n++) {
      await memory.clock.advance(n < 200 ? 30 : 300)
      readSome()
    }
    expect([sent, read]).toEqual([MESSAGES.length, MESSAGES])
    await memory.close()
  },
  30_000,
)

function named([a, b]: [number, number]): [string, string] {
  return [String(a), String(b)]
}
