import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { Mesh } from '../src/mesh.js'
import { release } from '../src/proxy.js'
import { startHead } from '../src/roles/head.js'
import { startMonitor } from '../src/roles/monitor.js'
import type { Role } from '../src/roles/role.js'
import { startWorker } from '../src/roles/worker.js'
import { Counter, events } from './fixtures/counter.js'
import { alive, Labour, reset } from './fixtures/labour.js'

const meshToken = 'token of the tests'
let roles: Role[]

useLedger()
beforeEach(() => {
  roles = []
  events.length = 0
  reset()
})
afterEach(async () => {
  for (const role of roles.reverse()) await role.stop()
})

async function open<R extends Role>(starting: Promise<R>): Promise<R> {
  const role = await starting
  roles.push(role)
  return role
}

test.each(['tcp', 'ipc', 'inproc'])('over %s a mesh works as it does in memory', async (lane) => {
  const comms = { transports: [lane] }
  const { runtime } = await open(startMonitor({ uid: 'monitor', role: 'monitor', meshToken, comms }))
  const spec = { meshToken, comms, monitor: runtime.comms.address }
  await open(startWorker({ ...spec, uid: 'worker:0:0', role: 'worker' }))
  await open(startWorker({ ...spec, uid: 'worker:0:1', role: 'worker' }))
  const { mesh } = await open(startHead({ ...spec, uid: 'head', role: 'head' }))
  expect(mesh).toBeInstanceOf(Mesh)
  await mesh.waitForWorkers(2)

  const pool = await mesh.pool(Labour, { from: new URL('fixtures/labour.ts', import.meta.url) })
  let sum = 0
  for await (const n of pool.map([1, 2, 3, 4], (labour, n) => labour.times(n))) sum += n
  expect(sum).toBe(20)
  await pool.close()
  expect(alive.count).toBe(0)

  const from = new URL('fixtures/counter.ts', import.meta.url)
  const one = await mesh.create(Counter, { from, on: 'worker:0:0', args: ['one'] })
  const two = await mesh.create(Counter, { from, on: 'worker:0:1', args: ['two'] })
  await expect(Promise.all([one.add(1), two.add(2)])).resolves.toEqual([1, 2])
  await release(one)
  expect(events).toContain('one disposed')
  await mesh.runtime.stop()
  await eventually(() => events.includes('two disposed'))
})
