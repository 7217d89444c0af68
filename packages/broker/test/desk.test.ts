import { beforeEach, expect, test } from '@jest/globals'
import { Desk } from '../src/desk.js'
import { Registration } from '../src/registration.js'

const never = new AbortController().signal

let service: Desk
beforeEach(() => {
  service = new Desk('test', 10)
})

function worker(name: string, keywords = ['work'], concurrency = 1): Registration {
  const made = new Registration(name, { service: 'test', keywords, concurrency })
  service.add(made)
  return made
}

/** The names of those that were given slots, in the order in which they were asked for. */
function taking(...keywords: string[]): (string | undefined)[] {
  const given: (string | undefined)[] = keywords.map(() => undefined)
  for (const [i, keyword] of keywords.entries()) {
    const taken = service.take(keyword, never)
    if (taken instanceof Registration) given[i] = taken.name
    else
      void taken.then(({ name }) => {
        given[i] = name
      })
  }
  return given
}

test('of those that are equally busy the one that has waited longest is next', () => {
  for (const name of ['one', 'two', 'three']) worker(name, ['work'], 3)
  const all = ['one', 'two', 'three']
  expect(taking(...new Array(9).fill('work'))).toEqual([...all, ...all, ...all])
})

test('one that is stalled or suspect gets nothing while another is well, however busy that is', async () => {
  const [well, stalled, suspect] = [worker('well'), worker('stalled'), worker('suspect')]
  stalled.state = 'stalled'
  suspect.state = 'suspect'
  const given = taking('work', 'work', 'work')
  expect(given).toEqual(['well', undefined, undefined])
  service.free(well)
  await Promise.resolve()
  expect(given).toEqual(['well', 'well', undefined])
  // There is nobody better any more.
  service.remove(well, 'left')
  await Promise.resolve()
  expect(given).toEqual(['well', 'well', 'stalled'])
})

test('what waits is served in the order in which it came, whatever it waits for', async () => {
  const both = worker('both', ['a', 'b'])
  const given = taking('a', 'b', 'a', 'b')
  const order: number[] = []
  for (let n = 0; n < 3; n++) {
    service.free(both)
    await Promise.resolve()
    order.push(given.lastIndexOf('both'))
  }
  expect(order).toEqual([1, 2, 3])
})

test('one keyword that nobody is free for does not hold up another', async () => {
  const a = worker('a', ['a'])
  worker('b', ['b'], 2)
  const given = taking('a', 'a', 'b', 'b')
  expect(given).toEqual(['a', undefined, 'b', 'b'])
  service.free(a)
  await Promise.resolve()
  expect(given).toEqual(['a', 'a', 'b', 'b'])
})

test('what waits for a keyword is given to whoever takes it up', async () => {
  worker('a', ['a'])
  const b = worker('b', ['b'])
  const given = taking('a', 'a')
  expect(given).toEqual(['a', undefined])
  service.change(b, ['a', 'b'])
  await Promise.resolve()
  expect(given).toEqual(['a', 'b'])
})

test('a slot is taken of that worker alone that was asked for, before what came later', async () => {
  const [one] = [worker('one'), worker('two')]
  const given = taking('work', 'work')
  const pinned = service.take(one, never)
  const later = taking('work')
  expect(pinned).toBeInstanceOf(Promise)
  service.free(one)
  expect(await pinned).toBe(one)
  expect([given, later]).toEqual([['one', 'two'], [undefined]])
  service.remove(one, 'crashed')
  await expect(Promise.resolve().then(() => service.take(one, AbortSignal.abort()))).rejects.toMatchObject({
    executed: 'no',
  })
})
