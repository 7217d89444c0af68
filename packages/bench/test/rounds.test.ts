import { expect, test } from '@jest/globals'
import { unlessAborted } from '../src/interruption.js'
import { measured } from '../src/load.js'
import { inTurn, median, ratio } from '../src/rounds.js'

test.each([
  [[], 0],
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
  [[100, 9, 20], 20],
])('the median of %p is %p', (numbers, middle) => {
  expect(median(numbers)).toBe(middle)
})

test('a ratio is the median of what each round has', () => {
  expect(ratio([10, 40, 9], [10, 10, 3])).toBe(3)
})

test('tasks take turns, and the round in which they warm up does not count', async () => {
  const done: string[] = []
  const task = (name: string) => async () => `${name}${done.push(name)}`
  expect(await inTurn([task('a'), task('b')], 2)).toEqual([
    ['a3', 'a5'],
    ['b4', 'b6'],
  ])
  expect(done.join('')).toBe('baabab')
})

test('a round in which the machine stands still has a call of each caller all the same', async () => {
  let calls = 0
  const echo = async (value: unknown) => {
    calls += 1
    return value
  }
  const { perSecond } = await measured(echo, { window: 3, milliseconds: 0 })
  expect(perSecond).toBeGreaterThan(0)
  expect(calls).toBe(1 + 3) // what comes back is looked at first
})

test('what comes back as another kind of bytes is the same', async () => {
  const asBytes = async (value: unknown) => (value instanceof Buffer ? new Uint8Array(value) : undefined)
  await measured(asBytes, { window: 1, milliseconds: 0, payload: 3 })
})

test.each<[string, unknown, number | undefined]>([
  ['another object', { a: 1, b: 'hello', c: [1, 2] }, undefined],
  ['nothing', undefined, undefined],
  ['a shorter buffer', Buffer.alloc(2, 0x5a), 3],
  ['a buffer of other bytes', Buffer.alloc(3), 3],
  ['a list of bytes', [0x5a, 0x5a, 0x5a], 3],
])('what comes back as %s is not what was sent', async (_, other, payload) => {
  const measuring = measured(async () => other, { window: 1, milliseconds: 0, payload })
  await expect(measuring).rejects.toThrow('came back as something else')
})

test('where nothing needs to warm up all rounds count', async () => {
  const rounds: string[] = []
  const task = async (round: string, counts: boolean) => rounds.push(`${round} ${counts}`)
  expect(await inTurn([task], 2, { isWarm: true })).toEqual([[1, 2]])
  expect(rounds).toEqual(['round 1 of 2 true', 'round 2 of 2 true'])
})

test('what is awaited is no longer awaited when all is to end', async () => {
  const all = new AbortController()
  const work = unlessAborted(all.signal, new Promise<never>(() => {}))
  all.abort(new Error('enough'))
  await expect(work).rejects.toThrow('enough')
  await expect(unlessAborted(all.signal, Promise.resolve(1))).rejects.toThrow('enough')
})
