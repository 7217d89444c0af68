import { EventEmitter } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { expect, jest, test } from '@jest/globals'
import { deferred } from '@skein/runner/internal'
import { eventually, eventuallyPasses } from '../src/eventually.js'
import { once } from '../src/once.js'
import { seededRandom } from '../src/random.js'
import { useLedger } from '../src/use-ledger.js'

useLedger()

test('eventually resolves with the first truthy value, also of a promise', async () => {
  const values = [undefined, null, 0, '', false, 'found', 'too late']
  await expect(eventually(() => values.shift())).resolves.toBe('found')
  await expect(eventually(async () => values.shift())).resolves.toBe('too late')
})

test('eventually takes a throw or a rejection for not yet', async () => {
  let tries = 0
  const value = await eventually(() => {
    tries++
    if (tries === 1) throw new Error('thrown')
    if (tries === 2) return Promise.reject(new Error('rejected'))
    return tries
  })
  expect(value).toBe(3)
})

test('eventually never asks again while its last question is open', async () => {
  let open = 0
  let most = 0
  let asked = 0
  await eventually(async () => {
    most = Math.max(most, ++open)
    await setImmediate()
    open--
    return ++asked === 5
  })
  expect(most).toBe(1)
})

test('eventually says what it waited for, how long and what the last value was', async () => {
  const waiting = eventually(() => 0, { timeout: 5, message: 'the tide' })
  await expect(waiting).rejects.toMatchObject({
    code: 'ERR_NOT_IN_TIME',
    timeoutMs: 5,
    message: expect.stringMatching(/^waited 5 ms for the tide, in vain: the last of \d+ tries returned 0$/),
  })
})

test('a machine that stands still from the beginning to the deadline takes no try', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValueOnce(performance.now() - 60_000)
  try {
    await expect(eventually(() => 0, { timeout: 5 })).rejects.toThrow('the last of 2 tries returned 0')
  } finally {
    now.mockRestore()
  }
})

test('eventually names the last error, and hands it on as the cause', async () => {
  const cause = new RangeError('too far')
  const waiting = eventually(() => Promise.reject(cause), { timeout: 5 })
  await expect(waiting).rejects.toMatchObject({
    message: expect.stringContaining('threw RangeError: too far'),
    cause,
  })
})

test('eventually gives up on a promise that never settles', async () => {
  const waiting = eventually(() => new Promise<boolean>(() => {}), { timeout: 5 })
  await expect(waiting).rejects.toThrow('the only try has not settled')
})

test('the stack of a vain wait begins where it was called', async () => {
  const error = await eventually(() => false, { timeout: 1 }).catch((error: unknown) => error)
  expect(stackOf(error).split('\n')[1]).toContain('eventually.test.ts')
  const other = await eventuallyPasses(() => expect(1).toBe(2), { timeout: 1 }).catch(
    (error: unknown) => error,
  )
  expect(stackOf(other)).toMatch(/eventually\.test\.ts/)
  expect(stackOf(other)).not.toMatch(/src\/eventually\.ts/)
})

test('eventually waits in real time when the timers are fake', async () => {
  jest.useFakeTimers()
  try {
    await expect(eventually(() => false, { timeout: 5 })).rejects.toMatchObject({ code: 'ERR_NOT_IN_TIME' })
  } finally {
    jest.useRealTimers()
  }
})

test('eventuallyPasses waits for assertions that return nothing', async () => {
  let tries = 0
  await eventuallyPasses(() => {
    expect(++tries).toBe(3)
  })
  expect(tries).toBe(3)
  await expect(eventuallyPasses(async () => expect(tries).toBe(4), { timeout: 5 })).rejects.toMatchObject({
    code: 'ERR_NOT_IN_TIME',
  })
})

test('eventually points those who give it assertions to eventuallyPasses', async () => {
  const waiting = eventually(() => expect(1).toBe(1), { timeout: 5 })
  await expect(waiting).rejects.toThrow('belong in eventuallyPasses')
})

test('once resolves with the arguments of the event that its predicate accepts, and stops listening', async () => {
  const emitter = new EventEmitter()
  const even = once<[n: number, name: string]>(emitter, 'number', (n) => n % 2 === 0)
  emitter.emit('number', 1, 'one')
  emitter.emit('number', 2, 'two')
  emitter.emit('number', 4, 'four')
  await expect(even).resolves.toEqual([2, 'two'])
  expect(emitter.listenerCount('number')).toBe(0)
})

test('once gives up at its deadline, and stops listening', async () => {
  const emitter = new EventEmitter()
  const error = await once(emitter, 'never', undefined, { timeout: 1 }).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'ERR_NOT_IN_TIME', timeoutMs: 1 })
  expect(stackOf(error).split('\n')[1]).toContain('eventually.test.ts')
  expect(emitter.listenerCount('never')).toBe(0)
})

test('once rejects with what its predicate throws', async () => {
  const emitter = new EventEmitter()
  const waiting = once(emitter, 'event', () => {
    throw new RangeError('no')
  })
  emitter.emit('event')
  await expect(waiting).rejects.toThrow(RangeError)
  expect(emitter.listenerCount('event')).toBe(0)
})

test('a deferred settles from outside', async () => {
  const one = deferred<number>()
  one.resolve(1)
  await expect(one.promise).resolves.toBe(1)
  const other = deferred()
  other.reject(new RangeError('no'))
  await expect(other.promise).rejects.toThrow(RangeError)
})

test('seeded randomness repeats itself for a seed, differs between seeds and fills 0 to 1', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed))
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const sorted = draw(7).sort((a, b) => a - b)
  expect(sorted.at(0)).toBeGreaterThanOrEqual(0)
  expect(sorted.at(0)).toBeLessThan(0.01)
  expect(sorted.at(-1)).toBeGreaterThan(0.99)
  expect(sorted.at(-1)).toBeLessThan(1)
  expect(sorted[500]).toBeCloseTo(0.5, 1)
})

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : ''
}
