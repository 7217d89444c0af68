import { test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { seedsTo, sized } from '@skein/test-harness/size'
import { MemoryContexts } from './support/contexts.js'
import { type Ground, play } from './support/graph-play.js'

useLedger()

const SIZE = { contexts: sized(10, 20), spare: sized(5, 10), messages: sized(500, 20_000) }

class MemoryGround implements Ground {
  readonly #memory: MemoryContexts

  constructor(memory: MemoryContexts) {
    this.#memory = memory
  }

  graph(size: number, pairs: readonly (readonly [number, number])[]) {
    return this.#memory.graph(size, pairs)
  }

  now() {
    return this.#memory.clock.now()
  }

  pass(milliseconds: number) {
    return this.#memory.clock.advance(milliseconds)
  }

  cut(a: number, b: number) {
    this.#memory.network.cut(String(a), String(b))
  }

  partition(a: number, b: number) {
    this.#memory.network.partition(String(a), String(b))
  }

  heal(a: number, b: number) {
    this.#memory.network.heal(String(a), String(b))
  }

  healAll() {
    this.#memory.network.heal()
  }
}

test.each(seedsTo(sized(1, 200)))(
  'whatever is cut, all who stay reachable get everything once and in order (seed %i)',
  async (seed) => {
    const memory = new MemoryContexts(seed, { min: 1, max: 20 })
    await play(new MemoryGround(memory), { ...SIZE, seed, rounds: sized(40, 300), pause: 400 })
    await memory.close()
  },
  300_000,
)
