import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { eventually, OrderedProcess, type Signed, useLedger } from '@skein/test-harness'
import type { Broker } from '../src/broker.js'
import type { Client } from '../src/client.js'
import { BrokerMesh } from './support/broker-mesh.js'

useLedger()

const MAIN = fileURLToPath(new URL('fixtures/worker-process.mjs', import.meta.url))
const TIMEOUT = 400

type Asked = { readonly kind: 'start'; readonly options: object } | { readonly kind: 'stop' }
type WorkerProcess = OrderedProcess<Asked, Asked, Signed>

let mesh: BrokerMesh
let broker: Broker
let client: Client
let process: WorkerProcess

beforeEach(async () => {
  mesh = new BrokerMesh()
  broker = await mesh.broker({ timeout: TIMEOUT })
  client = await mesh.client()
})
afterEach(async () => {
  process.signal('SIGCONT')
  await process.end()
  await mesh.close()
})

/** A worker in a process of its own. */
async function start(options: object = {}): Promise<void> {
  process = new OrderedProcess({ main: MAIN, of: 'the test', stop: { kind: 'stop' } }, () => {})
  await process.ready
  const { broker, token } = mesh.joining
  await process.ask({
    kind: 'start',
    options: { broker, token, name: 'worker', service: 'test', timeout: TIMEOUT, ...options },
  })
}

/** An error, and how many milliseconds have passed since `from` when it came. */
async function failure(asked: Promise<unknown>, from = performance.now()) {
  const error = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  return { error, after: performance.now() - from }
}

test('cauldron 9: the request that a killed worker has fails at once, and may have run', async () => {
  await start()
  const failing = failure(client.ask('test', 'wait'))
  await eventually(() => broker.service('test')?.workers[0]?.busy === 1)
  const killed = performance.now()
  process.signal('SIGKILL')
  const { error } = await failing
  expect(error).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'worker', reason: 'crashed', executed: 'maybe' })
  expect(performance.now() - killed).toBeLessThan(50 * TIMEOUT)
  expect(await client.locate('test')).toBe(false)
})

test('cauldron 9: of a worker that is silent the request fails after five timeouts, and not before', async () => {
  await start()
  const failing = failure(client.ask('test', 'wait'))
  await eventually(() => broker.service('test')?.workers[0]?.busy === 1)
  const stopped = performance.now()
  process.signal('SIGSTOP')
  const { error } = await failing
  const after = performance.now() - stopped
  expect(error).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'worker', reason: 'silent', executed: 'maybe' })
  expect(after).toBeGreaterThanOrEqual(5 * TIMEOUT)
  expect(after).toBeLessThan(50 * TIMEOUT)
  expect(await client.locate('test')).toBe(false)

  // It wakes, and is the same worker again.
  process.signal('SIGCONT')
  await client.waitFor('test')
  expect(await client.ask('test', 'echo', 'back')).toBe('back')
})

test('cauldron 10: a worker all of whose slots are taken for ten timeouts is not expired, its loop free or not', async () => {
  await start({ concurrency: 2 })
  const changes: string[] = []
  broker.on('change', ({ kind }) => changes.push(kind))
  // Its slots are taken, and it waits.
  const ending = new AbortController()
  const waiting = [1, 2].map(() => client.ask('test', 'wait', null, { signal: ending.signal }))
  const queued = client.ask('test', 'block', 10 * TIMEOUT)
  const beginning = performance.now()
  await eventually(() => performance.now() - beginning > 10 * TIMEOUT)
  expect(broker.service('test')).toMatchObject({ workers: [{ busy: 2, state: 'alive' }], queued: 1 })
  ending.abort()
  for (const { reason } of await Promise.allSettled(waiting).then((all) =>
    all.flatMap((each) => (each.status === 'rejected' ? [each] : [])),
  ))
    expect(reason).toMatchObject({ code: 'ERR_CANCELLED', executed: 'maybe' })
  // Then its event loop stands still.
  expect(await queued).toBe('blocked')
  expect(performance.now() - beginning).toBeGreaterThanOrEqual(20 * TIMEOUT)
  expect(changes).toEqual([])
  expect(await client.ask('test', 'echo', 'on')).toBe('on')
})
