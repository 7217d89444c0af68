import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { Mesh } from '../src/mesh.js'
import type { Pool } from '../src/pool.js'
import { withOptions } from '../src/proxy.js'
import { startWorker } from '../src/roles/worker.js'
import { Runtime } from '../src/runtime.js'
import { Labour } from './fixtures/labour.js'
import { TestMesh } from './support/test-mesh.js'

const from = new URL('./fixtures/labour.ts', import.meta.url)
const on = 'worker:0:0'

let network: TestMesh
let mesh: Mesh
let pool: Pool<Labour>

useLedger({ before: beforeAll, after: afterAll })
beforeAll(async () => {
  network = new TestMesh()
  await network.monitor()
  mesh = new Mesh(await network.runtime('head'))
  await network.role(startWorker, { role: 'worker', uid: on })
  await mesh.waitForWorkers(1)
  pool = await mesh.pool(Labour, { from })
})
afterAll(() => network.close())

/** As JavaScript calls it: with anything. */
function call(target: object, method: string, ...args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), target, args)
}

const requests = (options: unknown) => () => call(mesh, 'withOptions', mesh.proxy(on, 'x'), options)
const creates = (options?: unknown) => () => call(mesh, 'create', Labour, options)
const pools = (options?: unknown) => () => call(mesh, 'pool', Labour, options)
const maps = (options: unknown) => () => call(pool, 'map', [1], () => {}, options)

test.each<[string, () => unknown, string, string]>([
  [
    'an unknown option of a proxy',
    requests({ timout: 5 }),
    'timout',
    'timeout, signal, itemTimeout, overflow',
  ],
  ['another overflow', requests({ overflow: 'drop' }), 'overflow', "'wait' or 'fail'"],
  ['a negative timeout', requests({ timeout: -1 }), 'timeout', 'more than 0'],
  ['a timeout as text', requests({ timeout: '5' }), 'timeout', 'more than 0'],
  ['a controller for its signal', requests({ signal: new AbortController() }), 'signal', 'its .signal'],
  ['null for options', requests(null), 'options', 'timeout, signal, itemTimeout, overflow'],
  ['nothing for options', requests(undefined), 'options', 'timeout, signal, itemTimeout, overflow'],
  ['create without options', creates(), 'options', 'on, from, args'],
  ['create without on', creates({ from }), 'on', "the uid of a worker, as in 'worker:0:0'"],
  ['create without from', creates({ on }), 'from', 'import.meta.url'],
  ['an unknown option of create', creates({ from, on, arg: [1] }), 'arg', 'on, from, args'],
  ['args that are no array', creates({ from, on, args: 1 }), 'args', 'an array'],
  ['a pool without options', pools(), 'options', 'from, args, workers, timeout'],
  ['an unknown option of a pool', pools({ from, worker: [on] }), 'worker', 'from, args, workers, timeout'],
  ['a number of workers for a pool', pools({ from, workers: 2 }), 'workers', 'an array of uids'],
  ['an unknown option of map', maps({ concurency: 2 }), 'concurency', 'concurrency, ordered, lookahead'],
  ['null for options of map', maps(null), 'options', 'concurrency, ordered, lookahead'],
  [
    'an unknown option of forEach',
    () => call(pool, 'forEach', [1], () => {}, { concurency: 2 }),
    'concurency',
    'concurrency',
  ],
  ['map without a function', () => call(pool, 'map', [1]), 'work', 'a function'],
  ['no workers to wait for', () => mesh.waitForWorkers(0), 'count', 'a whole number, 1 or more'],
  ['half a worker', () => mesh.waitForWorkers(1.5), 'count', 'a whole number, 1 or more'],
  ['an unknown option of waiting', () => call(mesh, 'waitForWorkers', 1, { timout: 1 }), 'timout', 'timeout'],
  ['progress in text', () => call(mesh, 'progress', '1', 2), 'done', 'a finite number'],
  ['progress towards nothing', () => call(mesh, 'progress', 1), 'total', 'a finite number'],
  ['a proxy without a service', () => call(mesh, 'proxy', on), 'service', 'the name'],
  ['a runtime without options', () => Reflect.construct(Runtime, []), 'options', 'uid'],
  [
    'an unknown option of a runtime',
    () => Reflect.construct(Runtime, [{ uid: 'x', timeOut: 5 }]),
    'timeOut',
    'timeout, requestContext, farewellTimeout, liveness, handshake, flow, logger, clock, random, monitor, stats, stallReports',
  ],
  ['middleware that is a number', () => call(mesh.runtime, 'use', 5), 'middleware', 'a function'],
  ['nothing to share', () => call(mesh.runtime, 'share'), 'object', 'an object with methods'],
  ['text to share', () => call(mesh.runtime, 'share', 'x'), 'object', 'an object with methods'],
])('%s: refused with what was given and what is allowed', async (_what, attempt, option, allowed) => {
  await expect((async () => attempt())()).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    option,
    given: expect.any(String),
    allowed: expect.stringContaining(allowed),
  })
})

test('options of a proxy are refused at once, before anything is asked', () => {
  expect(requests({ timout: 5 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})

test('an option that is undefined counts as not given', () => {
  const proxy = mesh.proxy<Labour>(on, 'x')
  expect(() => withOptions(proxy, { timeout: undefined, signal: undefined, overflow: 'fail' })).not.toThrow()
})

test('the error for an unknown option says first that there is none of that name', () => {
  expect(requests({ arg: [] })).toThrow(/^there is no option 'arg'; there are timeout, signal, /)
})

test('an argument of a constructor that can not be sent has the path that the caller knows', async () => {
  const creating = mesh.create(Labour, { from, on, args: [() => 1] as never })
  await expect(creating).rejects.toMatchObject({
    code: 'ERR_NOT_SERIALISABLE',
    path: 'args[0]',
    message: expect.stringMatching(/^args\[0\] is function/),
  })
})
