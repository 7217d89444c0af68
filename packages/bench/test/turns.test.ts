import { expect, test } from '@jest/globals'
import type { Load } from '../src/load.js'
import type { PairFigures } from '../src/pair/pair.js'
import { sharingRounds, takeTurns, warmUp } from '../src/turns.js'

const NOTHING: PairFigures = { perSecond: 1, callerPeak: 0, serverPeak: 0 }

function named(name: string, load: Load) {
  return { name, load }
}

test('those of one and the same load that has several turns share their rounds, and no others', () => {
  const once = { window: 256, milliseconds: 10 }
  const often = { window: 1, milliseconds: 10, turns: 5 }
  const oftenToo = { window: 8, milliseconds: 10, turns: 5 }
  const all = [
    named('a', once),
    named('b', once),
    named('c', often),
    named('d', often),
    named('e', oftenToo),
    named('f', often),
    named('g', { ...often }),
  ]
  const groups = sharingRounds(all).map((group) => group.map(({ name }) => name).join(''))
  expect(groups).toEqual(['a', 'b', 'cd', 'e', 'f', 'g'])
})

test('in a round that is shared each has a part of its time, in whole milliseconds, in each turn', async () => {
  const load = { window: 1, milliseconds: 29, turns: 3 }
  const done: string[] = []
  await takeTurns([named('a', load), named('b', load)], async ({ name, load: { milliseconds } }) => {
    done.push(`${name}${milliseconds}`)
    return NOTHING
  })
  const turns = [done.slice(0, 2), done.slice(2, 4), done.slice(4)]
  expect(turns.map((turn) => turn.toSorted())).toEqual(Array(3).fill(['a10', 'b10']))
})

test('chance orders each turn, nobody has two turns on end, and what is given is in the order of the group', async () => {
  const load = { window: 1, milliseconds: 40, turns: 4 }
  const places = [...[0.1, 0.2, 0.3], ...[0.9, 0.5, 0.7], ...[0.1, 0.2, 0.3], ...[0.5, 0.9, 0.1]].values()
  const done: string[] = []
  const group = ['a', 'b', 'c'].map((name) => named(name, load))
  const given = await takeTurns(
    group,
    async ({ name }) => {
      done.push(name)
      return { ...NOTHING, perSecond: name.charCodeAt(0) }
    },
    () => places.next().value ?? 0,
  )
  // In the third turn, a would be first, as it was the last in the second; in the fourth, c, as in the third.
  expect(done.join('')).toBe('abc' + 'bca' + 'bca' + 'cab')
  expect(given.map(({ perSecond }) => String.fromCharCode(perSecond))).toEqual(['a', 'b', 'c'])
})

test('one that shares its round with nobody has its turns on end', async () => {
  const load = { window: 1, milliseconds: 30, turns: 3 }
  const done: string[] = []
  await takeTurns([named('a', load)], async ({ name }) => {
    done.push(name)
    return NOTHING
  })
  expect(done.join('')).toBe('aaa')
})

test('of several turns it tells the mean rate, the medians of the times and the most of the memory', async () => {
  const turns: PairFigures[] = [
    { perSecond: 10, p50us: 5, p99us: 50, callerPeak: 1, serverPeak: 7 },
    { perSecond: 20, p50us: 9, p99us: 30, callerPeak: 3, serverPeak: 6 },
    { perSecond: 90, p50us: 6, p99us: 40, callerPeak: 2, serverPeak: 5 },
  ]
  const given = turns.values()
  const load = { window: 1, milliseconds: 30, turns: 3 }
  const [together] = await takeTurns([named('a', load)], async () => given.next().value ?? NOTHING)
  expect(together).toEqual({ perSecond: 40, p50us: 6, p99us: 40, callerPeak: 3, serverPeak: 7 })
})

test('of what has no times there are none', async () => {
  const load = { window: 1, milliseconds: 30 }
  expect(await takeTurns([named('a', load)], async () => NOTHING)).toEqual([NOTHING])
})

test('all warm up once, from the last to the first, and for as long as they need', async () => {
  const load = { window: 1, milliseconds: 30, turns: 3 }
  const done: string[] = []
  const group = [named('a', load), named('b', { ...load, warmUp: 200 })]
  await warmUp(group, async ({ name, load: { milliseconds } }) => {
    done.push(`${name}${milliseconds}`)
    return NOTHING
  })
  expect(done).toEqual(['b200', 'a30'])
})
