import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { TurnedClock } from '@skein/core/internal'
import type { LaunchedClusterOptions } from '../src/cluster/launched-cluster.js'
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

const kinds: [string, (options: LaunchedClusterOptions) => Promise<Cluster>][] = [
  ['simulated runtimes', Cluster.memory],
  ['processes', Cluster.processes],
  ['threads', Cluster.threads],
]

// To start a cluster takes long: what can be seen of one is looked at in one of each kind, what ends its members last.
describe.each(kinds)('a cluster of %s', (kind, start) => {
  const isSimulated = kind === 'simulated runtimes'
  const isProcesses = kind === 'processes'
  let shared: Cluster
  beforeAll(async () => {
    shared = await start({
      workers: 2,
      comms: { liveness: { ...LIVENESS, suspicion: 10_000 } },
      ...(!isSimulated && { transports: ['tcp'] }),
      ...(isProcesses && { execArgv: ['--import', 'data:text/javascript,console.log("hello")'] }),
    })
  })
  afterAll(() => shared.close())

  test(`is there with its head linked to all workers${isSimulated ? '' : ' on the lanes that it is told'}, and refuses what it has not got`, async () => {
    expect(shared.workers).toEqual(['worker:0:0', 'worker:0:1'])
    expect(shared.worker(1)).toBe('worker:0:1')
    expect(shared.mesh.workers).toEqual(shared.workers)
    const { head } = shared
    // A machine that stands still for a moment breaks the connections, with heartbeats as short as these.
    await eventually(() => [...shared.workers, 'monitor'].every((uid) => head.comms.shaken(uid)))
    if (!isSimulated) expect(head.peers().map(({ lane }) => lane)).toEqual(['tcp', 'tcp', 'tcp'])

    const misuse = expect.objectContaining({ code: 'ERR_HARNESS_MISUSE' })
    await expect(shared.kill('worker:9:9')).rejects.toEqual(misuse)
    expect(() => shared.worker(2)).toThrow(misuse)
    if (!isSimulated) {
      expect(() => shared.partition('head', 'worker:0:0')).toThrow(misuse)
    }
  })

  if (isProcesses)
    test('lets the output of a worker be read', async () => {
      const { output } = shared
      await eventually(() => output.call(shared, 'worker:0:0').includes('hello'))
    })

  test(`sees a stall, and its end${kind === 'threads' ? '' : '; a worker frozen, and alive again when it continues'}`, async () => {
    const uid = shared.worker(0)
    const stalled = peerIs(shared, uid, 'stalled')
    const recovered = stalled.then(() => peerIs(shared, uid, 'alive'))
    await shared.stallLoop(uid, 600)
    await stalled
    await recovered
    if (kind === 'threads') return

    const suspect = peerIs(shared, uid, 'suspect')
    shared.stop(uid)
    await suspect
    const alive = peerIs(shared, uid, 'alive')
    shared.continue(uid)
    await alive
  })

  test('sees the death of a worker that is killed', async () => {
    const [other, uid] = [shared.worker(0), shared.worker(1)]
    const dead = peerIs(shared, uid, 'dead')
    await shared.kill(uid)
    await dead
    expect(shared.head.comms.shaken(other)).toBe(true)
  })

  test(`may be closed twice${kind === 'threads' ? '' : ', and although a worker is frozen'}`, async () => {
    if (kind !== 'threads') shared.stop(shared.worker(0))
    await Promise.all([shared.close(), shared.close()])
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

function peerIs(cluster: Cluster, uid: string, is: PeerChange['is']): Promise<unknown> {
  return once<[PeerChange]>(cluster.head, 'peer', (change) => change.uid === uid && change.is === is)
}
