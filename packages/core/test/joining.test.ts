import { expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { addressOf, call, methods, TestMesh } from './support/mesh.js'

useLedger()

const COUNT = sized(32, 64)

test(`${COUNT} runtimes in one process join one monitor over tcp, and nothing is lost on the way`, async () => {
  const mesh = new TestMesh('tcp')
  const heard = new Set<number>()
  const dispatch = methods({ here: (n: number) => void heard.add(n), echo: (n: number) => n })
  const monitor = await mesh.local('monitor', { introduces: true }, { dispatch })
  const began = performance.now()
  const joiners = await Promise.all(
    Array.from({ length: COUNT }, (_, n) => mesh.local(`worker:${n}`, {}, { dispatch })),
  )
  await Promise.all(
    joiners.map(async (comms, n) => {
      await comms.connect(addressOf(monitor))
      await comms.send('monitor', call('here', n))
    }),
  )
  await eventually(() => heard.size === COUNT)
  await eventually(() => joiners.every((comms) => comms.peers().length === COUNT))
  const took = performance.now() - began
  const echoes = await Promise.all(joiners.map((_, n) => monitor.sendRecv(`worker:${n}`, call('echo', n))))
  expect(echoes).toEqual(joiners.map((_, n) => n))
  console.info(`${COUNT} runtimes have joined and know each other after ${took.toFixed(0)} ms`)
  await mesh.close()
})
