import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { CommsManager } from '../src/comms-manager.js'
import { defaultLiveness } from '../src/options.js'
import { changesOf, MemoryMesh } from './support/memory.js'
import { addressOf, call, methods } from './support/mesh.js'

const { heartbeatTimeout, suspicion, confirmedSuspicion, askInterval } = defaultLiveness

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh({ min: 1, max: 3 })
})
afterEach(() => mesh.close())

const dispatch = methods({ echo: (value: unknown) => value })

/** A monitor and the others, all linked to all. */
async function linked(...uids: string[]): Promise<CommsManager[]> {
  const monitor = await mesh.runtime('monitor', { introduces: true, roles: ['monitor'] })
  const others = await Promise.all(uids.map((uid) => mesh.runtime(uid, {}, { dispatch })))
  await mesh.settled(Promise.all(others.map((comms) => comms.connect(addressOf(monitor)))))
  const pairs = others.flatMap((a) => others.filter((b) => b !== a).map((b) => a.waitFor(b.uid)))
  await mesh.settled(Promise.all(pairs))
  return others
}

const stateOf = (comms: CommsManager, uid: string) => comms.peers().find((peer) => peer.uid === uid)?.state

test('a peer that others reach is unreachable for as long as they do, not dead, and a call waits for the way back', async () => {
  const [a, b, c] = (await linked('a', 'b', 'c')) as [CommsManager, CommsManager, CommsManager]
  const seen = changesOf(a)
  mesh.network.partition('a', 'b')
  await mesh.clock.advance(2 * heartbeatTimeout)
  expect(stateOf(a, 'b')).toBe('suspect')
  const reply = a.sendRecv<string>('b', call('echo', 'still there'), { timeout: 600_000 })
  await mesh.clock.advance(20 * suspicion)
  expect([stateOf(a, 'b'), stateOf(b, 'a'), stateOf(c, 'a'), stateOf(c, 'b')]).toEqual([
    'unreachable',
    'unreachable',
    'alive',
    'alive',
  ])
  mesh.network.heal('a', 'b')
  const { value } = await mesh.settled(reply)
  expect(value).toBe('still there')
  await mesh.clock.advance(2 * defaultLiveness.heartInterval)
  expect([stateOf(a, 'b'), stateOf(b, 'a')]).toEqual(['alive', 'alive'])
  expect(seen.filter((change) => change.startsWith('b dead'))).toEqual([])
})

test('a peer that nobody reaches is dead to all in the time of a suspicion that is confirmed', async () => {
  const [a, b, c] = (await linked('a', 'b', 'c', 'gone')) as [CommsManager, CommsManager, CommsManager]
  const seen = [a, b, c].map(changesOf)
  for (const uid of ['monitor', 'a', 'b', 'c']) mesh.network.partition('gone', uid)
  const asking = heartbeatTimeout + 2 * defaultLiveness.heartbeatInterval
  await mesh.clock.advance(asking + heartbeatTimeout + confirmedSuspicion)
  expect(seen.map((changes) => changes.at(-1))).toEqual(Array(3).fill('gone dead silent'))
})

test('a peer whose last witness is lost as well is dead in the end', async () => {
  const [a] = (await linked('a', 'b')) as [CommsManager]
  const seen = changesOf(a)
  mesh.network.partition('a', 'b')
  await mesh.clock.advance(2 * suspicion)
  expect(stateOf(a, 'b')).toBe('unreachable')
  mesh.network.partition('monitor', 'b')
  await mesh.clock.advance(heartbeatTimeout + askInterval + suspicion + confirmedSuspicion)
  expect(seen.at(-1)).toBe('b dead silent')
})

test('nobody vouches for another instance than the one that is asked about', async () => {
  const [a] = (await linked('a', 'b')) as [CommsManager]
  const seen = changesOf(a)
  const was = a.peers().find(({ uid }) => uid === 'b')?.instance
  mesh.network.partition('a', 'b')
  mesh.network.kill('b')
  const again = await mesh.runtime('b', { host: 'b2' }, { dispatch })
  mesh.network.partition('a', 'b2')
  const monitor = a.peers().find(({ uid }) => uid === 'monitor')
  expect(monitor?.state).toBe('alive')
  void again.connect('mem://monitor').catch(() => {})
  await mesh.clock.advance(heartbeatTimeout + 2 * suspicion)
  expect(seen.filter((change) => change.startsWith('b dead'))).toHaveLength(1)
  expect(a.peers().find(({ uid, instance }) => uid === 'b' && instance === was)).toBeUndefined()
})
