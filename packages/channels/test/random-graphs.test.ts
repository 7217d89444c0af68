import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { PubChannel } from '../src/pub-channel.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, MemoryContexts } from './support/contexts.js'
import { sized } from './support/size.js'

useLedger()

const CONTEXTS = 20
/** Connections beyond those that hold the graph together: these may be lost for good. */
const SPARE = 10
const ROUNDS = sized(40, 300)

/** Mulberry32: whole numbers below a bound, the same for the same seed. */
function below(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}

const seeds = Array.from({ length: sized(1, 20) }, (_, n) => n + 1)

test.each(seeds)(
  'whatever is cut, all who stay reachable get everything once and in order (seed %i)',
  async (seed) => {
    const random = below(seed)
    const memory = new MemoryContexts(seed, { min: 1, max: 20 })
    const tree = Array.from({ length: CONTEXTS - 1 }, (_, n) => [n + 1, random(n + 1)] as const)
    const spare = Array.from({ length: SPARE }, () => [random(CONTEXTS), random(CONTEXTS)] as const).filter(
      ([a, b]) => a !== b && !tree.some(([c, d]) => (a === c && b === d) || (a === d && b === c)),
    )
    const all = await memory.graph(CONTEXTS, [...tree, ...spare])
    const pubs = all.map((context) => new PubChannel<'object'>(context, 'chorus', { type: 'object' }))
    const subs = all.map((context) => new SubChannel<'object'>(context, 'chorus', { type: 'object' }))
    const states = all.map((context) => new StateChannel<'object'>(context, 'last', { type: 'object' }))
    await memory.clock.advance(500)
    expect(pubs.map(({ subscribers }) => subscribers)).toEqual(pubs.map(() => CONTEXTS - 1))

    const kept = all.slice(1).map((context) => at([context.connectionsAll.at(1)], 0))
    // What a context hears first of a sender is the beginning to it: so all hear of all before anything breaks.
    for (const [from, pub] of pubs.entries()) await pub.send({ from, n: 0 })
    const sent = pubs.map(() => 1)
    await memory.clock.advance(500)
    // A way that opens in the middle may be ahead of those that there are.
    const anew = async (a: number, b: number): Promise<void> => {
      const host = at(all, b).connectionsAll.at(0)
      if (a !== b && host?.endpoint !== undefined)
        await at(all, a)
          .connect(host.endpoint)
          .catch(() => {})
    }
    const joining: Promise<void>[] = []
    let healing: { readonly pair: readonly [string, string]; readonly until: number }[] = []
    const rested = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      for (let n = random(8); n > 0; n--) {
        const from = random(CONTEXTS)
        await at(pubs, from).send({ from, n: sent[from] })
        sent[from] = at(sent, from) + 1
        if (n === 1) at(states, from).send({ from, round })
      }
      if (random(8) === 0) joining.push(anew(random(CONTEXTS), random(CONTEXTS)))
      const isSpare = random(3) === 0 && spare.length > 0
      const [a, b] = isSpare ? at(spare, random(spare.length)) : at(tree, random(tree.length))
      const pair = [String(a), String(b)] as const
      const now = memory.clock.now()
      if (random(3) === 0) memory.network.cut(...pair)
      else if (isSpare) memory.network.partition(...pair)
      else if ((rested.get(pair.join()) ?? 0) <= now) {
        memory.network.partition(...pair)
        // Healed before it is given up, and left alone until it is found to be.
        const until = now + 100 + random(3000)
        healing.push({ pair, until })
        rested.set(pair.join(), until + 5000)
      }
      await memory.clock.advance(random(400))
      for (const { pair: healed, until } of healing)
        if (until <= memory.clock.now()) memory.network.heal(...healed)
      healing = healing.filter(({ until }) => until > memory.clock.now())
    }
    memory.network.heal()
    await memory.clock.advance(20_000)

    await Promise.all(joining)

    expect(kept.map(({ state }) => state)).toEqual(kept.map(() => 'connected')) // all have stayed reachable

    const expected = sent.map((count) => Array.from({ length: count }, (_, n) => n))
    for (const [me, sub] of subs.entries()) {
      const got: number[][] = all.map(() => [])
      for (let next = sub.poll(); next !== undefined; next = sub.poll()) {
        const { from, n } = next as { from: number; n: number }
        at(got, from).push(n)
      }
      expect(got).toEqual(expected.map((list, from) => (from === me ? [] : list)))
    }
    expect(new Set(states.map((state) => JSON.stringify(state.recv()))).size).toBe(1)
    expect(all.map(({ malformed }) => malformed)).toEqual(all.map(() => 0))
    await memory.close()
  },
  120_000,
)
