import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deferred, eventually, useLedger } from '@skein/test-harness'
import type { Broker } from '../src/broker.js'
import type { Client } from '../src/client.js'
import type { WorkContext } from '../src/duties.js'
import { BrokerMesh } from './support/broker-mesh.js'

useLedger()

let mesh: BrokerMesh
let broker: Broker
let client: Client
beforeEach(async () => {
  mesh = new BrokerMesh()
  broker = await mesh.broker({ maxQueued: 3 })
  client = await mesh.client('asker')
})
afterEach(() => mesh.close())

/** A handler that ends when it is told to, and what it was called with, in order. */
function held() {
  const calls: { payload: unknown; end: (value: unknown) => void; context: WorkContext }[] = []
  const work = (payload: unknown, context: WorkContext): Promise<unknown> => {
    const { promise, resolve } = deferred<unknown>()
    calls.push({ payload, end: resolve, context })
    return promise
  }
  return { calls, work }
}

const busy = (name: string): number | undefined =>
  broker.service('test')?.workers.find((worker) => worker.name === name)?.busy

test('a keyword is asked of those that have it, and of nobody else', async () => {
  await mesh.worker({ name: 'one', handlers: { a: () => 'one', both: () => 'one' } })
  await mesh.worker({ name: 'two', handlers: { b: () => 'two', both: () => 'two' } })
  for (let n = 0; n < 3; n++) {
    expect(await client.ask('test', 'a')).toBe('one')
    expect(await client.ask('test', 'b')).toBe('two')
  }
  const both = await Promise.all([1, 2, 3, 4].map(() => client.ask('test', 'both')))
  expect(both.sort()).toEqual(['one', 'one', 'two', 'two'])
  await expect(client.ask('test', 'c')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD', executed: 'no' })
  await expect(client.ask('other', 'a')).rejects.toMatchObject({
    code: 'ERR_NO_SUCH_SERVICE',
    executed: 'no',
  })
})

test('the least busy of several workers is next, as a share of its slots', async () => {
  const [large, small] = [held(), held()]
  await mesh.worker({ name: 'large', concurrency: 4, handlers: { work: large.work } })
  await mesh.worker({ name: 'small', concurrency: 2, handlers: { work: small.work } })
  const all = [1, 2, 3, 4, 5, 6].map((n) => client.ask('test', 'work', n))
  await eventually(() => large.calls.length === 4 && small.calls.length === 2)
  large.calls[0]?.end('done')
  await all[0]
  const next = client.ask('test', 'work', 7)
  await eventually(() => large.calls.length === 5)
  expect(large.calls[4]?.payload).toBe(7)
  for (const { end } of [...large.calls, ...small.calls]) end('done')
  expect(await Promise.all([...all, next])).toEqual(new Array(7).fill('done'))
})

test('what finds all slots taken waits its turn, and beyond the bound is refused: it never ran', async () => {
  const { calls, work } = held()
  await mesh.worker({ name: 'one', handlers: { work } })
  const asked = [0, 1, 2, 3].map((n) => client.ask('test', 'work', n))
  await eventually(() => broker.service('test')?.queued === 3)
  await expect(client.ask('test', 'work', 4)).rejects.toMatchObject({
    code: 'ERR_OVERLOADED',
    limit: 3,
    executed: 'no',
  })
  for (let n = 0; n < 4; n++) {
    await eventually(() => calls.length === n + 1)
    expect(calls[n]?.payload).toBe(n)
    calls[n]?.end(n)
  }
  expect(await Promise.all(asked)).toEqual([0, 1, 2, 3])
})

test('what is given up while it waits never runs, and makes room', async () => {
  const { calls, work } = held()
  await mesh.worker({ name: 'one', handlers: { work } })
  const first = client.ask('test', 'work', 'first')
  const waiting = client.ask('test', 'work', 'waiting')
  await eventually(() => broker.service('test')?.queued === 1)
  waiting.cancel('not needed')
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  await eventually(() => broker.service('test')?.queued === 0)
  const late = client.ask('test', 'work', 'late', { timeout: 50 })
  await expect(late).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: "'work' of 'test' was not answered within 50 ms",
    ...{ service: 'test', method: 'work' },
  })
  await eventually(() => broker.service('test')?.queued === 0)
  calls[0]?.end(1)
  expect(await first).toBe(1)
  const last = client.ask('test', 'work', 'last')
  await eventually(() => calls.length === 2)
  expect(calls[1]?.payload).toBe('last')
  calls[1]?.end(2)
  expect(await last).toBe(2)
})

test('deadline and cancelling reach the handler, and its slot is taken until it has ended', async () => {
  const { calls, work } = held()
  await mesh.worker({ name: 'one', handlers: { work } })
  const given = client.ask('test', 'work', 1, { timeout: 5000 })
  await eventually(() => calls.length === 1)
  const context = calls[0]?.context
  expect(context).toMatchObject({ client: 'asker', service: 'test', keyword: 'work' })
  expect(context?.timeLeft).toBeLessThanOrEqual(5000)
  expect(context?.timeLeft).toBeGreaterThan(3000)
  given.cancel('not needed')
  await expect(given).rejects.toMatchObject({ code: 'ERR_CANCELLED', executed: 'maybe' })
  await eventually(() => context?.signal.aborted)

  // It takes no notice, and so nothing else is begun beside it.
  const next = client.ask('test', 'work', 2)
  await eventually(() => broker.service('test')?.queued === 1)
  expect([busy('one'), calls.length]).toEqual([1, 1])
  calls[0]?.end('nobody waits')
  await eventually(() => calls.length === 2)
  calls[1]?.end('next')
  expect(await next).toBe('next')
  await eventually(() => busy('one') === 0)
})

test('what never ran at a worker that closes is given to another', async () => {
  const [one, two] = [held(), held()]
  const closing = await mesh.worker({ name: 'one', handlers: { work: one.work } })
  const first = client.ask('test', 'work', 1)
  await eventually(() => one.calls.length === 1)
  await mesh.worker({ name: 'two', handlers: { work: two.work } })
  // Behind the broker's back: it is refused there.
  const stopped = closing.runtime.stop({ drain: 5000 })
  const others = [client.ask('test', 'work', 2), client.ask('test', 'work', 3)]
  await eventually(() => two.calls.length === 1)
  two.calls[0]?.end('two')
  await eventually(() => two.calls.length === 2)
  two.calls[1]?.end('two')
  expect(await Promise.all(others)).toEqual(['two', 'two'])
  one.calls[0]?.end('one')
  expect(await first).toBe('one')
  await stopped
})

test('what may have run at a worker that is lost fails, unless it is idempotent: then another has it', async () => {
  const [one, two] = [held(), held()]
  const doomed = await mesh.worker({
    name: 'one',
    concurrency: 2,
    handlers: { work: one.work },
    transports: ['tcp'],
  })
  const risky = client.ask('test', 'work', 'risky')
  const safe = client.ask('test', 'work', 'safe', { idempotent: true })
  await eventually(() => one.calls.length === 2)
  await mesh.worker({ name: 'two', handlers: { work: two.work } })
  await doomed.destroy()
  await expect(risky).rejects.toMatchObject({ code: 'ERR_PEER_LOST', uid: 'one', executed: 'maybe' })
  await eventually(() => two.calls.length === 1)
  expect(two.calls[0]?.payload).toBe('safe')
  two.calls[0]?.end('done')
  expect(await safe).toBe('done')
  expect(broker.status().counts).toMatchObject({ asked: 2, answered: 1, failed: 1, redone: 1 })
})

test('what waits for a service whose last worker goes fails: it never ran', async () => {
  const { calls, work } = held()
  const worker = await mesh.worker({ name: 'one', handlers: { work } })
  const first = client.ask('test', 'work', 1)
  await eventually(() => calls.length === 1)
  const second = client.ask('test', 'work', 2)
  await eventually(() => broker.service('test')?.queued === 1)
  const stopped = worker.stop({ drain: 5000 })
  await expect(second).rejects.toMatchObject({ code: 'ERR_NO_SUCH_SERVICE', executed: 'no' })
  calls[0]?.end('drained')
  expect(await first).toBe('drained')
  await stopped
})

test('what is scattered waits for a slot of each worker, and one that is lost is told beside the others', async () => {
  const [one, two] = [held(), held()]
  await mesh.worker({ name: 'one', handlers: { work: one.work } })
  const doomed = await mesh.worker({ name: 'two', handlers: { work: two.work }, transports: ['tcp'] })
  const before = client.ask('test', 'work', 'before')
  await eventually(() => one.calls.length === 1)
  const scattered = client.scatter('test', 'work', 'all')
  await eventually(() => two.calls.length === 1)
  expect(one.calls.length).toBe(1)
  await doomed.destroy()
  one.calls[0]?.end(1)
  await eventually(() => one.calls.length === 2)
  one.calls[1]?.end(2)
  expect(await before).toBe(1)
  expect(await scattered).toMatchObject([
    { worker: 'one', status: 'fulfilled', value: 2 },
    { worker: 'two', status: 'rejected', reason: { code: 'ERR_PEER_LOST', uid: 'two', executed: 'maybe' } },
  ])
})

test('a broadcast reaches all workers that have the keyword, of one service or of all', async () => {
  const heard: string[] = []
  const hear = (name: string) => ({ note: (text: string) => void heard.push(`${name}: ${text}`) })
  await mesh.worker({ name: 'one', handlers: hear('one') })
  await mesh.worker({ name: 'two', handlers: hear('two') })
  await mesh.worker({ name: 'other', service: 'other', handlers: hear('other') })
  await mesh.worker({ name: 'deaf', service: 'other', handlers: { work: () => 1 } })
  await client.broadcast('test', 'note', 'some')
  await client.broadcast(undefined, 'note', 'all')
  await client.broadcast('nobody', 'note', 'lost')
  await eventually(() => heard.length >= 5)
  expect(heard.sort()).toEqual(['one: all', 'one: some', 'other: all', 'two: all', 'two: some'])
})

test('what a handler yields is iterated by the client, and takes its slot until it is over', async () => {
  await mesh.worker({
    name: 'one',
    handlers: {
      *count(to: number) {
        for (let n = 1; n <= to; n++) yield n
      },
    },
  })
  const seen: number[] = []
  for await (const n of client.ask<AsyncIterable<number>>('test', 'count', 3)) seen.push(n)
  expect(seen).toEqual([1, 2, 3])
  const stream = await client.ask<AsyncIterable<number>>('test', 'count', 1_000_000)
  expect(busy('one')).toBe(1)
  for await (const n of stream) if (n === 2) break
  await eventually(() => busy('one') === 0)
})

test('a worker that drains waits for a stream that is open, and no longer than until it is left', async () => {
  const handlers = {
    *count() {
      for (let n = 0; ; n++) yield n
    },
  }
  const worker = await mesh.worker({ name: 'one', handlers })
  const numbers = (await client.ask<AsyncIterable<number>>('test', 'count'))[Symbol.asyncIterator]()
  let isStopped = false
  const stopped = worker.stop({ drain: 600_000 }).then(() => {
    isStopped = true
  })
  await eventually(async () => !(await client.locate('test')))
  expect(await numbers.next()).toEqual({ done: false, value: 0 })
  expect(isStopped).toBe(false)
  await numbers.return?.()
  await stopped
})

test('the handlers are also the public methods of an instance', async () => {
  class Greeter {
    readonly #greeting = 'Hello'
    greet(name: string): string {
      return `${this.#greeting}, ${name}`
    }
    _secret(): string {
      return 'secret'
    }
  }
  await mesh.worker({ handlers: new Greeter() })
  expect(await client.ask('test', 'greet', 'Ada')).toBe('Hello, Ada')
  await expect(client.ask('test', '_secret')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD' })
})
