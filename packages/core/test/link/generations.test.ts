import { describe, expect, test } from '@jest/globals'
import { Generations } from '../../src/link/generations.js'
import { defaultFlow } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

function session(generation: number, { used = false } = {}): Session {
  const made = new Session(generation, new MsgpackCodec(), defaultFlow)
  if (used) made.take(1)
  return made
}

describe('Sessions with an instance', () => {
  test('are numbered from 1, and on from what was heard of', () => {
    const generations = new Generations()
    expect(generations.next('a')).toBe(1)
    generations.atLeast('a', 3)
    generations.atLeast('a', 2)
    expect([generations.next('a'), generations.next('b')]).toEqual([3, 1])
  })

  test('are remembered for ten thousand instances, those last heard of', () => {
    const generations = new Generations()
    for (let n = 0; n < 10_000; n++) generations.atLeast(`${n}`, 2)
    generations.atLeast('0', 2)
    generations.atLeast('one more', 2)
    expect(['0', '1', 'one more'].map((instance) => generations.next(instance))).toEqual([2, 1, 2])
  })

  test.each([
    // ours, theirs, used, whether it goes on, and under which number
    [2, 2, true, true, 2],
    [2, 1, true, true, 2],
    [2, 1, false, true, 2],
    [2, 3, false, true, 3],
    [2, 3, true, false, 2],
  ])('of number %s, which is %s there, and used: %s, go on: %s, as %s', (ours, theirs, used, goesOn, as) => {
    const made = session(ours, { used })
    expect(new Generations().agree(made, theirs)).toBe(goesOn)
    expect(made.generation).toBe(as)
  })
})
