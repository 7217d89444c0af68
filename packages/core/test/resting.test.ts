import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { MemoryMesh } from './support/memory.js'
import { addressOf } from './support/mesh.js'
import { noting } from './support/noting.js'

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh()
})
afterEach(() => mesh.close())

/** A runtime whose control connections add the instants at which something leaves to a list. */
function noted(uid: string, instants: number[]) {
  const transport = noting(mesh.network.transport(uid), () => instants.push(mesh.clock.now()))
  return mesh.runtime(uid, {}, { transport })
}

test('of two runtimes at rest one asks and the other answers; both know how it is there and how far', async () => {
  const sent: number[] = []
  const [a, b] = [await noted('a', sent), await noted('b', sent)]
  await mesh.settled(a.connect(addressOf(b)))
  await mesh.clock.advance(10_000)
  sent.length = 0
  await mesh.clock.advance(60_000)
  // A heart and a beat for each second or a little more, and the other's own, each five seconds.
  expect(sent.length).toBeGreaterThan(2 * 48)
  expect(sent.length).toBeLessThan(2 * 60 + 2 * 13)
  for (const runtime of [a, b]) expect(runtime.peers()).toMatchObject([{ state: 'alive', rtt: 2, lag: 0 }])
})

test('the hearts of a runtime with many peers leave together', async () => {
  const sent: number[] = []
  const hub = await noted('hub', sent)
  for (let i = 0; i < 20; i++) {
    await mesh.settled((await mesh.runtime(`peer:${i}`)).connect(addressOf(hub)))
    await mesh.clock.advance(37)
  }
  await mesh.clock.advance(10_000)
  sent.length = 0
  await mesh.clock.advance(10_000)
  // Hearts leave at quarters of a second, and beats a crossing after the hearts of others, which do the same.
  expect(new Set(sent.map((at) => at % 250))).toEqual(new Set([0, 1]))
})
