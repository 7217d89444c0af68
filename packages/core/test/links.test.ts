import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, FaultProxy, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { PeerChange } from '../src/comms/peer-change.js'
import type { CommsManager } from '../src/comms-manager.js'
import { addressOf, call, change, freePort, lanes, methods, TestMesh } from './support/mesh.js'
import { expectSame } from './support/same.js'

useLedger()

const CUTS = sized(20, 100)

/** How many go each way from one cut to the next. */
const BETWEEN = sized(100, 200)

describe.each(lanes)('a link over %s', (lane) => {
  let mesh: TestMesh
  beforeEach(() => {
    mesh = new TestMesh(lane)
  })
  afterEach(() => mesh.close())

  // By default most over tcp, where most can go wrong; the other lanes differ in nothing above the transport.
  const rounds = sized(lane === 'tcp' ? 25 : 10, 1000)
  test(`two runtimes that dial each other at the same instant, ${rounds} times, share one session and lose nothing`, async () => {
    for (let round = 0; round < rounds; round++) {
      const taken = { a: [] as number[], b: [] as number[] }
      const record = (list: number[]) => ({ dispatch: methods({ take: (n: number) => void list.push(n) }) })
      const [a, b] = await Promise.all([
        mesh.local('a', {}, record(taken.a)),
        mesh.local('b', {}, record(taken.b)),
      ])
      const numbers = [0, 1, 2]
      await Promise.all([
        a.connect(addressOf(b)).then(() => numbers.map((n) => a.send('b', call('take', n)))),
        b.connect(addressOf(a)).then(() => numbers.map((n) => b.send('a', call('take', n)))),
      ])
      await eventually(() => taken.a.length >= 3 && taken.b.length >= 3)
      expect(taken).toEqual({ a: numbers, b: numbers })
      expect([a.peers(), b.peers()].map((peers) => peers.map(({ uid, state }) => `${uid} ${state}`))).toEqual(
        [['b alive'], ['a alive']],
      )
      await Promise.all([a.destroy(), b.destroy()])
    }
  }, 120_000)
})

describe('a link over tcp', () => {
  let mesh: TestMesh
  const proxies: FaultProxy[] = []
  beforeEach(() => {
    mesh = new TestMesh('tcp')
  })
  afterEach(async () => {
    await mesh.close()
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
  })

  /** A runtime that all others reach through a proxy. */
  async function behindProxy(uid: string, take: (n: number) => void): Promise<[CommsManager, FaultProxy]> {
    const port = await freePort()
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port } })
    proxies.push(proxy)
    const comms = await mesh.local(uid, { port, advertise: proxy.endpoint }, { dispatch: methods({ take }) })
    return [comms, proxy]
  }

  test('is one, and at once, where two dial each other by addresses that neither goes by', async () => {
    for (let round = 0; round < sized(8, 20); round++) {
      const taken: string[] = []
      const record = (to: string) => methods({ take: (from: string) => void taken.push(`${from} to ${to}`) })
      const ports = [await freePort(), await freePort()] as const
      const named = (port: number) => ({ port, advertise: `tcp://localhost:${port}` })
      const a = await mesh.local('a', named(ports[0]), { dispatch: record('a') })
      const b = await mesh.local('b', named(ports[1]), { dispatch: record('b') })
      await Promise.all([a.connect(`tcp://127.0.0.1:${ports[1]}`), b.connect(`tcp://127.0.0.1:${ports[0]}`)])
      await Promise.all([a.send('b', call('take', 'a')), b.send('a', call('take', 'b'))])
      await eventually(() => taken.length >= 2)
      expect(taken.sort()).toEqual(['a to b', 'b to a'])
      await Promise.all([a.destroy(), b.destroy()])
    }
  })

  test(`that is cut in mid-flow ${CUTS} times delivers everything once and in order, both ways`, async () => {
    const taken = { a: [] as number[], b: [] as number[] }
    const [a, toA] = await behindProxy('a', (n) => taken.a.push(n))
    const [b, toB] = await behindProxy('b', (n) => taken.b.push(n))
    await b.connect(addressOf(a))
    const total = BETWEEN * CUTS
    let cuts = 0
    for (let n = 0; n < total; n++) {
      void a.send('b', call('take', n))
      void b.send('a', call('take', n))
      if ((n + 1) % BETWEEN !== 0) continue
      const some = n - 0.75 * BETWEEN
      await eventually(() => taken.a.length > some && taken.b.length > some, { timeout: 20_000 })
      ;(cuts % 2 === 0 ? toA : toB).cut()
      cuts += 1
    }
    expect(cuts).toBe(CUTS)
    await eventually(() => taken.a.length >= total && taken.b.length >= total, { timeout: 30_000 })
    const numbers = Array.from({ length: total }, (_, n) => n)
    expectSame(taken, { a: numbers, b: numbers })
  }, 120_000)

  test(`that is cut within answers of 1 MiB ${CUTS} times delivers each whole, though a method writes all into one buffer`, async () => {
    const MIB = 1024 ** 2
    const [a, toA] = await behindProxy('a', () => {})
    const block = Buffer.alloc(MIB)
    const b = await mesh.local('b', {}, { dispatch: methods({ fill: (n: number) => block.fill(n) }) })
    await b.connect(addressOf(a))
    const isFilled = (answer: unknown, n: number) =>
      answer instanceof Uint8Array && Buffer.alloc(MIB, n).equals(answer)
    for (let cuts = 1; cuts <= CUTS; cuts++) {
      // The answer before has been let go by then: this one is in its memory.
      const cut = toA.cutAfter(Math.ceil((cuts / CUTS) * 0.9 * MIB))
      for (const n of [2 * cuts, 2 * cuts + 1])
        expect(isFilled(await a.sendRecv('b', call('fill', n % 256)), n % 256)).toBe(true)
      await cut
    }
  }, 120_000)

  test('to a peer whose loop is blocked for 10 s finds it stalled, never dead, and is answered afterwards', async () => {
    const head = await mesh.local('head')
    const peer = await mesh.remote('peer', addressOf(head))
    await head.waitFor('peer')
    const seen: PeerChange[] = []
    head.on('peer', (change) => seen.push(change))
    const answer = head.sendRecv<number>('peer', call('stall', 10_000))
    await change(head, 'peer', 'stalled')
    expect(head.connected('peer')).toBe(true)
    expect(await answer).toBe(10_000)
    await eventually(() => seen.at(-1)?.is === 'alive')
    expect(seen.map(({ is }) => is)).toEqual(['stalled', 'alive'])
    // By its own word, which is what its timer, due within a second and a half, was late: without what this loop was late.
    const { stalledMs = 0, tookMs = 0, evidence } = seen.at(-1) ?? {}
    expect(stalledMs).toBeGreaterThan(Math.min(8400, tookMs - 1600))
    expect(stalledMs).toBeLessThanOrEqual(tookMs)
    expect(evidence).toContain(`it says that its event loop stood still for ${stalledMs} ms`)
    expect(await head.sendRecv('peer', call('echo', 'well again'))).toBe('well again')
    expect(peer.changes.map(({ is }) => is)).not.toContain('dead')
  })
})
