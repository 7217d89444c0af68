import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '../src/comms/peer-change.js'
import type { CommsManager } from '../src/comms-manager.js'
import { defaultLiveness } from '../src/options.js'
import { suspicionRefused } from '../src/peer/suspicion.js'
import { changesOf, MemoryMesh } from './support/memory.js'
import { addressOf, call, methods } from './support/mesh.js'

const { heartbeatTimeout, suspicion, confirmedSuspicion, askInterval } = defaultLiveness

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh({ min: 1, max: 3 })
})
afterEach(() => mesh.close())

type Two = [CommsManager, CommsManager]
type Three = [...Two, CommsManager]
type Four = [...Three, CommsManager]

const dispatch = methods({ echo: (value: unknown) => value })

/** The monitor and the others, all linked to all. */
async function linked(...uids: string[]): Promise<CommsManager[]> {
  const monitor = await mesh.runtime('monitor', { introduces: true, roles: ['monitor'] })
  const others = await Promise.all(uids.map((uid) => mesh.runtime(uid, {}, { dispatch })))
  await mesh.settled(Promise.all(others.map((comms) => comms.connect(addressOf(monitor)))))
  const pairs = others.flatMap((a) => others.filter((b) => b !== a).map((b) => a.waitFor(b.uid)))
  await mesh.settled(Promise.all(pairs))
  return [monitor, ...others]
}

const stateOf = (comms: CommsManager, uid: string) => comms.peers().find((peer) => peer.uid === uid)?.state

test('a peer that others reach is unreachable for as long as they do, not dead, and a call waits for the way back', async () => {
  const [, a, b, c] = (await linked('a', 'b', 'c')) as Four
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
  const [, a, b, c] = (await linked('a', 'b', 'c', 'gone')) as Four
  const seen = [a, b, c].map(changesOf)
  for (const uid of ['monitor', 'a', 'b', 'c']) mesh.network.partition('gone', uid)
  const noticing = heartbeatTimeout + 2 * defaultLiveness.heartbeatInterval
  await mesh.clock.advance(noticing + confirmedSuspicion + 100)
  expect(seen.map((changes) => changes.at(-1))).toEqual(Array(3).fill('gone dead silent'))
})

test('who is asked looks for itself: no link is needed before, and nobody believes what is not so', async () => {
  const monitor = await mesh.runtime('monitor', { introduces: true, roles: ['monitor'] })
  const [a, b] = [await mesh.runtime('a', {}, { dispatch }), await mesh.runtime('b')]
  await mesh.settled(Promise.all([a, b].map((comms) => comms.connect(addressOf(monitor)))))
  await mesh.clock.advance(1000)
  const seen = [monitor, a].map(changesOf)
  mesh.network.partition('monitor', 'b')
  await mesh.clock.advance(10 * suspicion)
  expect(seen[0]).toEqual(expect.arrayContaining(['b suspect', 'b unreachable']))
  expect(seen[0]).not.toContain('b dead silent')
  expect(seen[1]).toEqual(['b connecting', 'b shaking', 'b alive'])
})

test('one that nobody reaches is gone for those too who had no link to it', async () => {
  const monitor = await mesh.runtime('monitor', { introduces: true, roles: ['monitor'] })
  const others = [await mesh.runtime('a'), await mesh.runtime('b')] as Two
  await mesh.settled(Promise.all(others.map((comms) => comms.connect(addressOf(monitor)))))
  const [a] = others
  for (const uid of ['monitor', 'a']) mesh.network.partition('b', uid)
  await mesh.clock.advance(2 * suspicion)
  expect(a.peers().map(({ uid, state }) => `${uid} ${state}`)).toEqual(['b dead', 'monitor alive'])
})

test('a peer whose last witness is lost as well is dead in the end', async () => {
  const [, a] = (await linked('a', 'b')) as Two
  const seen = changesOf(a)
  mesh.network.partition('a', 'b')
  await mesh.clock.advance(2 * suspicion)
  expect(stateOf(a, 'b')).toBe('unreachable')
  mesh.network.partition('monitor', 'b')
  await mesh.clock.advance(heartbeatTimeout + askInterval + suspicion + confirmedSuspicion)
  expect(seen.at(-1)).toBe('b dead silent')
})

test('nobody vouches for another instance than the one that is asked about', async () => {
  const monitor = await mesh.runtime('monitor', { introduces: true, roles: ['monitor'] })
  // Patient enough to ask on when the monitor has given the dead instance up, and is linked to the next.
  const a = await mesh.runtime('a', { liveness: { suspicion: 3 * suspicion } }, { dispatch })
  const b = await mesh.runtime('b', {}, { dispatch })
  await mesh.settled(Promise.all([a, b].map((comms) => comms.connect(addressOf(monitor)))))
  await mesh.settled(a.waitFor('b'))
  const seen = changesOf(a)
  mesh.network.partition('a', 'b')
  await mesh.clock.advance(suspicion)
  // Of a farewell the monitor tells, but that proves nothing to one that has a link of its own.
  await mesh.settled(b.stop())
  const again = await mesh.runtime('b', { host: 'b2' }, { dispatch })
  mesh.network.partition('a', 'b2')
  await mesh.settled(again.connect(addressOf(monitor)))
  await mesh.clock.advance(100)
  expect([stateOf(a, 'b'), stateOf(monitor, 'b')]).toEqual(['unreachable', 'alive'])
  await mesh.clock.advance(4 * suspicion)
  expect(seen).toContain('b dead silent')
})

test('an answer to an earlier question does not count', async () => {
  const [, a] = (await linked('a', 'b')) as Two
  const seen = changesOf(a)
  mesh.network.partition('a', 'b')
  while (stateOf(a, 'b') !== 'suspect') await mesh.clock.advance(10)
  mesh.network.heal('a', 'b')
  await mesh.clock.advance(heartbeatTimeout)
  expect(stateOf(a, 'b')).toBe('alive')
  // The monitor answers now that it reaches the peer, and that is long under way.
  mesh.network.partition('a', 'monitor')
  await mesh.clock.advance(1000)
  mesh.network.kill('b')
  await mesh.clock.advance(100)
  expect(stateOf(a, 'b')).toBe('suspect')
  mesh.network.heal('a', 'monitor')
  await mesh.clock.advance(2 * suspicion)
  expect(seen).toContain('b dead silent')
  expect(seen).not.toContain('b unreachable')
})

test('the uid of an unreachable peer is not given to a newcomer: its holder lives', async () => {
  const [, a, b] = (await linked('a', 'b')) as Three
  mesh.network.partition('a', 'b')
  await mesh.clock.advance(suspicion)
  expect(stateOf(a, 'b')).toBe('unreachable')
  const claimant = await mesh.runtime('b', { host: 'b2' })
  const refused = claimant.connect(addressOf(a)).catch((error: unknown) => error)
  const { value } = await mesh.settled(refused)
  expect(value).toMatchObject({ code: 'ERR_HANDSHAKE_TIMEOUT' })
  expect(a.peers().find(({ uid }) => uid === 'b')).toMatchObject({
    state: 'unreachable',
    instance: b.instance,
  })
})

describe('a peer on another host that refuses connections', () => {
  /** The peers' last changes, with how long that took, once they are dead to all who are given. */
  async function deaths(of: string, seenBy: readonly CommsManager[]): Promise<(readonly [string, number])[]> {
    const begun = mesh.clock.now()
    const dead: (readonly [string, number])[] = []
    for (const comms of seenBy)
      comms.on('peer', ({ uid, is, evidence }: PeerChange) => {
        if (uid === of && is === 'dead') dead.push([evidence ?? '', mesh.clock.now() - begun])
      })
    await mesh.clock.advance(2 * suspicion)
    return dead
  }

  /** The connections between the two break, and no more are let in. Those to others are left alone. */
  function firewall(around: string, against: string): void {
    mesh.network.refuse(around, true)
    mesh.network.cut(around, against)
  }

  test('is dead when one other has lost it too, for its connection was closed, and it had time to greet us', async () => {
    const [monitor, a] = (await linked('a', 'gone')) as Two
    mesh.network.kill('gone')
    const seen = await deaths('gone', [monitor, a])
    expect(seen).toHaveLength(2)
    for (const [evidence, took] of seen) {
      expect(evidence).toMatch(
        /^its connection was closed, its host refuses connections to mem:\S+; another has lost it too$/,
      )
      expect(took).toBeGreaterThanOrEqual(suspicionRefused(defaultLiveness))
      expect(took).toBeLessThan(suspicionRefused(defaultLiveness) + 100)
    }
  })

  test('is dead as soon as one who was asked, and reached it then, has lost it', async () => {
    const [monitor, a] = (await linked('a', 'b')) as Two
    await mesh.clock.advance(1000)
    mesh.network.stall('b')
    firewall('b', 'a')
    await mesh.clock.advance(500)
    expect([stateOf(a, 'b'), stateOf(monitor, 'b')]).toEqual(['suspect', 'alive'])
    mesh.network.cut('b', 'monitor')
    await mesh.clock.advance(50)
    expect(stateOf(a, 'b')).toBe('dead')
  })

  test('is unreachable where it greets everybody itself, though all have lost it', async () => {
    const [monitor, a] = (await linked('a', 'b')) as Two
    const seen = [monitor, a].map(changesOf)
    mesh.network.refuse('b', true)
    for (const other of ['monitor', 'a']) mesh.network.cut('b', other)
    await mesh.clock.advance(1000)
    mesh.network.refuse('b', false)
    await mesh.clock.advance(5000)
    for (const changes of seen)
      expect(changes.slice(0, 2).concat(changes.slice(-1))).toEqual(['b suspect', 'b unreachable', 'b alive'])
  })

  /** What has happened to its connections before that. */
  const BEFORE: readonly (readonly [what: string, before: () => Promise<void>])[] = [
    ['all', async () => {}],
    [
      'all, after one that was lost was made again,',
      async () => {
        for (const other of ['monitor', 'a']) mesh.network.cut('b', other)
        await mesh.clock.advance(1000)
      },
    ],
  ]

  test.each(BEFORE)(
    'is not given up at once where it is busy, and %s have closed their connections to greet it anew',
    async (_, before) => {
      const [monitor, a, b] = (await linked('a', 'b')) as Three
      await mesh.clock.advance(1000)
      mesh.network.stall('b')
      await before()
      const seen = [monitor, a].map(changesOf)
      mesh.network.refuse('b', true)
      while (!seen.every((changes) => changes.includes('b suspect'))) await mesh.clock.advance(10)
      await mesh.clock.advance(500)
      mesh.network.refuse('b', false)
      mesh.network.resume('b')
      await mesh.clock.advance(5000)
      expect(stateOf(b, 'a')).toBe('alive')
      for (const changes of seen) {
        expect(changes).not.toContain('b dead silent')
        expect(changes.at(-1)).toBe('b alive')
      }
    },
  )

  test('is suspected as long as any other where there is nobody to ask', async () => {
    const [monitor] = (await linked('gone')) as Two
    await mesh.clock.advance(1000)
    mesh.network.kill('gone')
    const [death] = await deaths('gone', [monitor])
    expect(death?.[1]).toBeGreaterThanOrEqual(suspicion)
    expect(death?.[0]).toContain('it could not be reached for 6000 ms more')
  })

  test('lives on behind a firewall, as long as another reaches it', async () => {
    const [, a] = (await linked('a', 'b')) as Two
    const seen = changesOf(a)
    firewall('b', 'a')
    await mesh.clock.advance(20 * suspicion)
    expect(seen).toEqual(['b suspect', 'b unreachable'])
  })

  test('is dead once the last who reached it has lost it too, and is refused', async () => {
    const [monitor, a] = (await linked('a', 'b')) as Two
    firewall('b', 'a')
    await mesh.clock.advance(2 * suspicion)
    expect(stateOf(a, 'b')).toBe('unreachable')
    mesh.network.kill('b')
    const seen = await deaths('b', [monitor, a])
    expect(seen).toHaveLength(2)
  })

  test('that is merely cut off, and refuses nothing, has the time of a suspicion that one other confirms', async () => {
    const [monitor, a] = (await linked('a', 'gone')) as Two
    for (const uid of ['monitor', 'a']) mesh.network.partition('gone', uid)
    const seen = await deaths('gone', [monitor, a])
    expect(seen).toHaveLength(2)
    for (const [evidence, took] of seen) {
      expect(evidence).toMatch(/it could not be reached for \d+ ms more; another has lost it too/)
      expect(took).toBeGreaterThan(heartbeatTimeout + confirmedSuspicion)
    }
  })
})
