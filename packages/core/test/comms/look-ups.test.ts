import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { MemoryMesh } from '../support/memory.js'
import { addressOf, call, methods } from '../support/mesh.js'

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh()
})
afterEach(() => mesh.close())

/** Whoever is asked for a uid never answers. */
const resolve = () => new Promise<undefined>(() => {})
const received: number[] = []
const dispatch = methods({ take: (n: number) => received.push(n) })

test('a request that waits for a uid to be found leaves, in its order, as soon as the peer itself greets us', async () => {
  const a = await mesh.runtime('a', {}, { resolve })
  const answers = [1, 2].map((n) => a.sendRecv('b', call('take', n)))
  await mesh.clock.advance(1000)
  const b = await mesh.runtime('b', {}, { dispatch })
  const connected = b.connect(addressOf(a))
  const { took } = await mesh.settled(Promise.all([...answers, connected, a.sendRecv('b', call('take', 3))]))
  expect(took).toBeLessThan(100)
  expect(received.splice(0)).toEqual([1, 2, 3])
})

test('and as soon as it is introduced', async () => {
  const monitor = await mesh.runtime('monitor', { introduces: true })
  const a = await mesh.runtime('a', {}, { resolve })
  await mesh.settled(a.connect(addressOf(monitor)))
  const answer = a.sendRecv('b', call('take', 1))
  await mesh.clock.advance(1000)
  const b = await mesh.runtime('b', {}, { dispatch })
  const { took } = await mesh.settled(Promise.all([answer, b.connect(addressOf(monitor))]))
  expect(took).toBeLessThan(100)
  expect(received.splice(0)).toEqual([1])
})

test('of a peer that has told us that it stops, nobody else is believed who has not heard it yet', async () => {
  const b = await mesh.runtime('b', {}, { dispatch })
  const monitor = await mesh.runtime('monitor', { introduces: true })
  await mesh.settled(b.connect(addressOf(monitor)))
  const late = monitor.entryOf('b')
  const a = await mesh.runtime('a', {}, { resolve: async () => late })
  await mesh.settled(a.connect(addressOf(monitor)))
  await mesh.settled(a.waitFor('b'))
  const told: string[] = []
  a.on('peer', ({ uid, is }) => told.push(`${uid} ${is}`))
  // The farewell is read; what b would do with a greeting is not seen any more, since it is about to be gone.
  const stopped = b.stop()
  await mesh.clock.advance(2)
  const outcome = a.sendRecv('b', call('take', 1)).catch((error: unknown) => error)
  const { value } = await mesh.settled(outcome)
  expect(value).toMatchObject({ code: 'ERR_NO_SUCH_PEER', executed: 'no' })
  await mesh.settled(stopped)
  await mesh.clock.advance(60_000)
  expect(told).toEqual(['b left'])
})
