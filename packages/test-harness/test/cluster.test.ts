import { afterEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { TurnedClock } from '@skein/core/internal'
import type { ClusterOptions } from '../src/cluster/cluster.js'
import { Cluster } from '../src/clusters.js'
import { eventually } from '../src/eventually.js'
import { once } from '../src/once.js'
import { useLedger } from '../src/use-ledger.js'

/** Short, so that no test takes long. */
const LIVENESS = {
  heartInterval: 100,
  stalledAfter: 250,
  suspicion: 500,
  heartbeatInterval: 100,
  heartbeatTimeout: 300,
}

let cluster: Cluster | undefined

useLedger()
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const kinds: [string, (options: ClusterOptions) => Promise<Cluster>][] = [
  ['simulated runtimes', Cluster.memory],
  ['processes', Cluster.processes],
  ['threads', Cluster.threads],
]

describe.each(kinds)('a cluster of %s', (kind, start) => {
  const isSimulated = kind === 'simulated runtimes'

  // What does no harm to a cluster is looked at in one: to start it takes long.
  test(`is there with its head linked to all workers${isSimulated ? '' : ' on the lanes that it is told'}, refuses what it has not got, and may be closed twice`, async () => {
    cluster = await start({ workers: 2, transports: isSimulated ? undefined : ['tcp'] })
    expect(cluster.workers).toEqual(['worker:0:0', 'worker:0:1'])
    expect(cluster.worker(1)).toBe('worker:0:1')
    expect(cluster.mesh.workers).toEqual(cluster.workers)
    const { head } = cluster
    expect([...cluster.workers, 'monitor'].map((uid) => head.comms.shaken(uid))).toEqual([true, true, true])
    if (!isSimulated) expect(head.peers().map(({ lane }) => lane)).toEqual(['tcp', 'tcp', 'tcp'])

    const misuse = expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' })
    await expect(cluster.kill('worker:9:9')).rejects.toEqual(misuse)
    expect(() => cluster?.worker(2)).toThrow(misuse)
    if (!isSimulated) {
      expect(() => cluster?.partition('head', 'worker:0:0')).toThrow(misuse)
    }

    await Promise.all([cluster.close(), cluster.close()])
  })

  test('sees the death of a worker that is killed', async () => {
    cluster = await start({ workers: 2, comms: { liveness: { ...LIVENESS, suspicion: 1500 } } })
    const [uid, other] = [cluster.worker(0), cluster.worker(1)]
    const dead = peerIs(cluster, uid, 'dead')
    await cluster.kill(uid)
    await dead
    expect(cluster.head.comms.shaken(other)).toBe(true)
  })

  test(`sees a stall, and its end${kind === 'threads' ? '' : '; a worker frozen, and alive again when it continues; and closes although one is frozen'}`, async () => {
    cluster = await start({ workers: 1, comms: { liveness: { ...LIVENESS, suspicion: 10_000 } } })
    const uid = cluster.worker(0)
    const stalled = peerIs(cluster, uid, 'stalled')
    const recovered = stalled.then(() => cluster && peerIs(cluster, uid, 'alive'))
    await cluster.stallLoop(uid, 600)
    await stalled
    await recovered
    if (kind === 'threads') return

    const suspect = peerIs(cluster, uid, 'suspect')
    cluster.stop(uid)
    await suspect
    const alive = peerIs(cluster, uid, 'alive')
    cluster.continue(uid)
    await alive
    cluster.stop(uid)
  })
})

describe('a simulated cluster', () => {
  test('can be partitioned, and healed', async () => {
    cluster = await Cluster.memory({ workers: 1, comms: { liveness: { ...LIVENESS, suspicion: 10_000 } } })
    const uid = cluster.worker(0)
    const suspect = peerIs(cluster, uid, 'suspect')
    cluster.partition('head', uid)
    await suspect
    const alive = peerIs(cluster, uid, 'alive')
    cluster.heal()
    await alive
  })

  test('runs on a clock that the test turns, and plays the same seed in the same way', async () => {
    const play = async (): Promise<unknown[]> => {
      const clock = new TurnedClock()
      const played = await Cluster.memory({ workers: 2, clock, seed: 7, latency: { min: 1, max: 20 } })
      const events: unknown[] = []
      played.head.on('peer', ({ uid, is, reason }) => events.push([clock.now(), uid, is, reason]))
      played.partition('head', played.worker(0))
      await clock.advance(60_000)
      await played.kill(played.worker(1))
      await clock.advance(60_000)
      await played.close()
      return events
    }
    const events = await play()
    expect(events.length).toBeGreaterThan(2)
    expect(await play()).toEqual(events)
  })
})

test('a worker’s output can be read', async () => {
  cluster = await Cluster.processes({
    workers: 1,
    execArgv: ['--import', 'data:text/javascript,console.log("hello")'],
  })
  const { output } = cluster
  await eventually(() => output.call(cluster, 'worker:0:0').includes('hello'))
})

function peerIs(cluster: Cluster, uid: string, is: PeerChange['is']): Promise<unknown> {
  return once<[PeerChange]>(cluster.head, 'peer', (change) => change.uid === uid && change.is === is)
}
