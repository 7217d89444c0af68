import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Scheme } from '../src/scheme.js'
import { addressOf, call, freePort, methods, TestMesh } from './support/mesh.js'

let mesh: TestMesh
beforeEach(() => {
  mesh = new TestMesh()
})
afterEach(() => mesh.close())

const combinations: [readonly Scheme[], Scheme][] = [
  [['tcp', 'ipc'], 'ipc'],
  [['tcp', 'inproc'], 'inproc'],
  [['tcp', 'ipc', 'inproc'], 'inproc'],
]

test.each(combinations)(
  'of %j, a dialled tcp address leads to %s on both sides',
  async (transports, lane) => {
    const a = await mesh.local('a', { transports })
    const b = await mesh.local('b', { transports }, { dispatch: methods({ echo: (n: number) => n }) })
    const told: string[] = []
    a.on('peer', ({ uid, is }) => told.push(`${uid} ${is}`))
    expect(addressOf(b)).toMatch(/^tcp:/)
    await a.connect(addressOf(b))
    const answers = Array.from({ length: 100 }, (_, i) => a.sendRecv('b', call('echo', i)))
    expect(await Promise.all(answers)).toEqual(answers.map((_, i) => i))
    for (const runtime of [a, b]) expect(runtime.peers()).toMatchObject([{ state: 'alive', lane }])
    expect(told).toEqual(['b shaking', 'b alive'])
  },
)

test('where the cheapest lane leads nowhere, the address that was dialled is used', async () => {
  const a = await mesh.local('a', { transports: ['tcp', 'ipc'] })
  const port = await freePort()
  const address = `tcp://127.0.0.1:${port}`
  await mesh.local('b', { transports: ['tcp'], port, advertise: [address, 'ipc:///nowhere/at/all.sock'] })
  await a.connect(address)
  expect(a.peers()).toMatchObject([{ state: 'alive', lane: 'tcp' }])
})
