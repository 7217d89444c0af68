import { expect } from '@jest/globals'
import { randomBelow } from '@skein/test-harness'
import type { ChannelContext } from '../../src/context.js'
import { PubChannel } from '../../src/pub-channel.js'
import { StateChannel } from '../../src/state-channel.js'
import { SubChannel } from '../../src/sub-channel.js'
import { at } from './contexts.js'

/** What a game is played on. Contexts are named by their indices. */
export interface Ground {
  /** Contexts that each have a host, of which each pair given is connected. */
  graph(size: number, pairs: readonly (readonly [number, number])[]): Promise<ChannelContext[]>
  now(): number
  pass(milliseconds: number): Promise<void>
  cut(a: number, b: number): void
  partition(a: number, b: number): void
  heal(a: number, b: number): void
  healAll(): void
}

export interface Game {
  readonly seed: number
  readonly contexts: number
  /** Connections beyond those that hold the graph together: these may be lost for good. */
  readonly spare: number
  /** So many are sent in all, by any of the contexts. */
  readonly messages: number
  readonly rounds: number
  /** Milliseconds that a round takes at most. */
  readonly pause: number
}

/**
 * A random graph, whose connections are cut and healed while messages are published: whoever stays reachable gets each
 * message of each other context once, and in order, and all come to hold the same state.
 */
export async function play(ground: Ground, game: Game): Promise<void> {
  const { contexts, messages, rounds, pause } = game
  const random = randomBelow(game.seed)
  const { tree, spare } = edgesOf(game, random)
  const all = await ground.graph(contexts, [...tree, ...spare])
  const chorus = new Chorus(all)
  await chorus.complete(ground)
  const kept = all.slice(1).map((context) => at([context.connectionsAll.at(1)], 0))
  const disturbances = new Disturbances(ground, { tree, spare, random })
  for (let round = 0; round < rounds; round++) {
    const until = Math.round((messages * (round + 1)) / rounds)
    while (chorus.sent < until) await chorus.send(random(contexts))
    if (random(4) === 0) chorus.set(random(contexts), round)
    if (random(8) === 0) disturbances.join(all, random(contexts), random(contexts))
    disturbances.next()
    await ground.pass(random(pause))
    disturbances.heal()
    chorus.read()
  }
  ground.healAll()
  for (let patience = PATIENCE; patience > 0 && !chorus.isComplete; patience -= 100) {
    await ground.pass(100)
    chorus.read()
  }
  // Nothing comes twice, and no connection is still being made.
  await ground.pass(1000)
  await disturbances.joined()
  chorus.read()
  // All have stayed reachable.
  expect(kept.filter(({ state }) => state !== 'connected').map(({ reason }) => reason)).toEqual([])
  chorus.check()
  expect(all.map(({ malformed }) => malformed)).toEqual(all.map(() => 0))
}

type Edge = readonly [number, number]

function edgesOf({ contexts, spare: count }: Game, random: (bound: number) => number) {
  const tree = Array.from({ length: contexts - 1 }, (_, n): Edge => [n + 1, random(n + 1)])
  const isNew = ([a, b]: Edge): boolean =>
    a !== b && !tree.some(([c, d]) => (a === c && b === d) || (a === d && b === c))
  const spare = Array.from({ length: count }, (): Edge => [random(contexts), random(contexts)]).filter(isNew)
  return { tree, spare }
}

/** Longer than anything may be held up, in milliseconds. */
const PATIENCE = 30_000

/** All publish to all, and hold a state together. */
class Chorus {
  readonly #pubs: PubChannel<'object'>[]
  readonly #subs: SubChannel<'object'>[]
  readonly #states: StateChannel<'object'>[]
  readonly #sentBy: number[]
  /** Of each context, how many it has got of each. */
  readonly #got: number[][]
  sent = 0

  constructor(all: readonly ChannelContext[]) {
    const type = { type: 'object' } as const
    this.#pubs = all.map((context) => new PubChannel<'object'>(context, 'chorus', type))
    this.#subs = all.map((context) => new SubChannel<'object'>(context, 'chorus', type))
    this.#states = all.map((context) => new StateChannel<'object'>(context, 'last', type))
    this.#sentBy = all.map(() => 0)
    this.#got = all.map(() => all.map(() => 0))
  }

  /** Waits until all know of all. */
  async complete(ground: Ground): Promise<void> {
    const others = this.#pubs.length - 1
    while (this.#pubs.some(({ subscribers }) => subscribers < others)) await ground.pass(100)
  }

  async send(from: number): Promise<void> {
    const n = at(this.#sentBy, from)
    this.#sentBy[from] = n + 1
    this.sent += 1
    await at(this.#pubs, from).send([from, n])
  }

  set(from: number, value: number): void {
    at(this.#states, from).send(value)
  }

  /** All that has come, which must be what is next of its sender. */
  read(): void {
    for (const [me, sub] of this.#subs.entries())
      for (let next = sub.poll(); next !== undefined; next = sub.poll()) this.#take(me, next)
  }

  /** Whether all have got everything, and hold the same state. */
  get isComplete(): boolean {
    const states = new Set(this.#states.map((state) => state.recv()))
    const isAll = (got: readonly number[], me: number) =>
      got.every((count, from) => count === (from === me ? 0 : this.#sentBy[from]))
    return states.size === 1 && this.#got.every(isAll)
  }

  check(): void {
    for (const [me, got] of this.#got.entries())
      expect([me, got]).toEqual([me, this.#sentBy.map((count, from) => (from === me ? 0 : count))])
    expect(new Set(this.#states.map((state) => state.recv())).size).toBe(1)
  }

  #take(me: number, message: unknown): void {
    if (!Array.isArray(message)) throw new TypeError(`${me} has got ${message}`)
    const [from, n]: unknown[] = message
    const got = at(this.#got, me)
    if (n !== got[Number(from)] || from === me)
      throw new Error(`${me} has got number ${n} of ${from}, and was to get ${got[Number(from)]}`)
    got[Number(from)] = Number(n) + 1
  }
}

interface Disturbed {
  readonly tree: readonly Edge[]
  readonly spare: readonly Edge[]
  readonly random: (bound: number) => number
}

/** What befalls the connections. */
class Disturbances {
  readonly #ground: Ground
  readonly #edges: Disturbed
  readonly #joining: Promise<void>[] = []
  #healing: { readonly edge: Edge; readonly until: number }[] = []
  readonly #rested = new Map<string, number>()

  constructor(ground: Ground, edges: Disturbed) {
    this.#ground = ground
    this.#edges = edges
  }

  next(): void {
    const { tree, spare, random } = this.#edges
    const isSpare = random(3) === 0 && spare.length > 0
    const edge = isSpare ? at(spare, random(spare.length)) : at(tree, random(tree.length))
    const now = this.#ground.now()
    if (random(3) === 0) this.#ground.cut(...edge)
    else if (isSpare) this.#ground.partition(...edge)
    else if ((this.#rested.get(edge.join()) ?? 0) <= now) {
      this.#ground.partition(...edge)
      // Healed before it is given up, and left alone until it is found to be.
      const until = now + 100 + random(3000)
      this.#healing.push({ edge, until })
      this.#rested.set(edge.join(), until + 5000)
    }
  }

  /** A way that opens in the middle may be ahead of those that there are. */
  join(all: readonly ChannelContext[], a: number, b: number): void {
    const endpoint = at(all, b).connectionsAll.at(0)?.endpoint
    if (a === b || endpoint === undefined) return
    const joined = at(all, a).connect(endpoint)
    this.#joining.push(joined.then(() => {}).catch(() => {}))
  }

  heal(): void {
    const now = this.#ground.now()
    for (const { edge, until } of this.#healing) if (until <= now) this.#ground.heal(...edge)
    this.#healing = this.#healing.filter(({ until }) => until > now)
  }

  async joined(): Promise<void> {
    await Promise.all(this.#joining)
  }
}
