import { expect, test } from '@jest/globals'
import { TurnedClock } from '@skein/core/internal'
import { Window } from '../src/window.js'

const GAP = 1000

function setUp() {
  const clock = new TurnedClock()
  const out: number[] = []
  const window = new Window(clock, GAP, ({ seq }) => out.push(seq))
  const take = (seq: number, since = 1, ways = 2) =>
    window.take({ key: 'key', source: 'source', since, seq, hops: 1, parts: [] }, 'way', ways)
  return { clock, out, window, take }
}

test('what comes first waits for those before it that were to come here, and for no others', () => {
  const { out, take } = setUp()
  for (const seq of [52, 50, 51]) take(seq, 50)
  expect(out).toEqual([50, 51, 52])
})

test('what comes first does not hide those before it, though others have joined between', () => {
  const { out, take } = setUp()
  take(52, 51) // somebody joined before 51
  take(50, 50)
  take(51, 51)
  expect(out).toEqual([50, 51, 52])
})

test('each is let through once, and nothing that comes after what followed it', async () => {
  const { clock, out, take } = setUp()
  for (const seq of [1, 1, 3, 3, 1]) take(seq)
  expect(out).toEqual([1])
  await clock.advance(GAP)
  for (const seq of [2, 4, 3]) take(seq)
  expect(out).toEqual([1, 3, 4])
})

test('where there is one way nothing is waited for', () => {
  const { out, take } = setUp()
  for (const seq of [4, 7, 5]) take(seq, 1, 1)
  expect(out).toEqual([4, 7])
})

test('after a time of which nothing is known, what was to come is waited for', () => {
  const { out, window, take } = setUp()
  take(1)
  window.anew()
  for (const seq of [9, 8]) take(seq, 8)
  expect(out).toEqual([1, 8, 9])
})

test('what waits when a time begins of which nothing is known comes before what begins it, and nothing comes twice', async () => {
  const { clock, out, window, take } = setUp()
  for (const seq of [1, 3]) take(seq)
  window.anew()
  take(9, 9)
  await clock.advance(GAP)
  for (const seq of [9, 8, 10]) take(seq, 9)
  expect(out).toEqual([1, 3, 9, 10])
})
