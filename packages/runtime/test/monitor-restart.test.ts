import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { sized } from '@skein/test-harness/size'
import type { DirectoryService } from '../src/directory.js'
import type { Runtime } from '../src/runtime.js'
import { ClockedMesh } from './support/clocked-mesh.js'

interface Echo {
  echo(value: number): number
}

let mesh: ClockedMesh
let monitor: Runtime
let a: Runtime
let b: Runtime
let others: readonly Runtime[]
/** What the others tell of each other, which is nothing as long as only the monitor is away. */
let told: string[]

beforeEach(async () => {
  mesh = new ClockedMesh()
  monitor = await mesh.monitor()
  a = await mesh.runtime('a', { roles: ['head'] })
  b = await mesh.runtime('b', { roles: ['worker'] })
  others = [a, b, await mesh.runtime('c', { roles: ['worker'] })]
  b.expose('test', { echo: (value: number) => value })
  await mesh.settled(Promise.all([a.waitFor('b'), b.waitFor('a')]))
  told = []
  const tell = ({ uid, is }: PeerChange) => uid === 'monitor' || told.push(`${uid} ${is}`)
  for (const each of others) each.on('peer', tell)
})
afterEach(() => mesh.close())

const stateOf = (runtime: Runtime, uid: string) => runtime.peers().find((peer) => peer.uid === uid)?.state

const directory = (of: Runtime, at = 'monitor') => of.proxy<DirectoryService>(at, 'skein.directory')

/** Lets time pass, in which `a` calls `b` every 100 ms, and gives how many of the calls failed. */
async function calling(ms: number): Promise<number> {
  const calls: Promise<number>[] = []
  for (let n = 0; n < ms / 100; n++) {
    calls.push(a.proxy<Echo>('b', 'test').echo(n))
    await mesh.clock.advance(100)
  }
  const outcomes = await mesh.settled(Promise.allSettled(calls))
  return outcomes.value.filter(({ status }) => status === 'rejected').length
}

/** Lets the monitor be away for a while, and come back: started anew at the same address, or awake again. */
const ABSENCES: readonly (readonly [name: string, absent: (ms: number) => Promise<Runtime>])[] = [
  [
    'was killed, and is started anew',
    async (ms) => {
      await mesh.kill(monitor)
      expect(await calling(ms)).toBe(0)
      return mesh.monitor()
    },
  ],
  [
    'was frozen for so long that it counts as dead, and wakes',
    async (ms) => {
      mesh.network.freeze('monitor')
      expect(await calling(ms)).toBe(0)
      mesh.network.resume('monitor')
      return monitor
    },
  ],
]

describe.each(ABSENCES)('a monitor that %s', (_name, absent) => {
  test('is found by all again within 3 s and knows them as before; what they say to each other goes on', async () => {
    const back = await absent(sized(30_000, 60_000))
    expect(others.map((each) => stateOf(each, 'monitor'))).toEqual(['dead', 'dead', 'dead'])
    expect(await calling(3000)).toBe(0)
    expect(others.map((each) => stateOf(each, 'monitor'))).toEqual(['alive', 'alive', 'alive'])
    const list = await mesh.settled(directory(a).list())
    expect(list.value).toHaveLength(4)
    expect(list.value).toEqual(expect.arrayContaining([back, ...others].map(({ comms }) => comms.entry)))
    expect(await calling(10_000)).toBe(0)
    expect(told).toEqual([])
  })

  test('introduces a newcomer to those who were there before, and them to it', async () => {
    const back = await absent(sized(30_000, 60_000))
    const waiting = a.waitFor('late', { timeout: 10_000 })
    const late = await mesh.runtime('late')
    await mesh.settled(Promise.all([late.waitFor('b', { timeout: 3000 }), waiting]))
    expect((await mesh.settled(late.proxy<Echo>('b', 'test').echo(7))).value).toBe(7)
    expect(stateOf(back, 'late')).toBe('alive')
  })
})

test('one that is started anew at once is registered with as soon as its predecessor is known dead', async () => {
  await mesh.kill(monitor)
  const back = await mesh.monitor()
  expect(await calling(2000)).toBe(0)
  // These two have lost it both, and are refused; the third has nobody to ask.
  expect(back.peers().map(({ uid, state }) => `${uid} ${state}`)).toEqual(['a alive', 'b alive'])
  expect(await calling(6000)).toBe(0)
  expect(back.peers().map(({ uid, state }) => `${uid} ${state}`)).toEqual(['a alive', 'b alive', 'c alive'])
  expect(told).toEqual([])
})

test('one that comes back under another name is the monitor from then on', async () => {
  await mesh.kill(monitor)
  expect(await calling(10_000)).toBe(0)
  await mesh.monitor('monitor:1')
  await mesh.clock.advance(3000)
  expect(others.map((each) => each.monitor)).toEqual(Array(3).fill('monitor:1'))
  expect((await mesh.settled(directory(a, 'monitor:1').list())).value).toHaveLength(4)
})

describe('while the monitor is away', () => {
  test('a call to somebody who is not known fails at once, never ran, and says that the monitor could not be asked', async () => {
    await mesh.kill(monitor)
    await mesh.clock.advance(10_000)
    const call = a.proxy<Echo>('nobody', 'test').echo(1)
    const { value, took } = await mesh.settled(call.catch((error: unknown) => error))
    expect(value).toMatchObject({
      code: 'ERR_NO_SUCH_PEER',
      uid: 'nobody',
      executed: 'no',
      cause: { code: 'ERR_NO_SUCH_PEER', uid: 'monitor', reason: 'silent' },
      message: expect.stringContaining('nobody could be asked for it: monitor is dead since'),
    })
    expect(took).toBe(0)
  })

  test('as long as it may come back, such a call waits for it until its own deadline', async () => {
    mesh.network.freeze('monitor')
    await mesh.clock.advance(2500)
    expect(stateOf(a, 'monitor')).toBe('suspect')
    const call = a.comms.sendRecv('nobody', { service: 'test', method: 'echo', args: [] }, { timeout: 500 })
    const { value, took } = await mesh.settled(Promise.allSettled([call]))
    expect(value).toMatchObject([{ reason: { code: 'ERR_TIMEOUT', executed: 'no' } }])
    expect(took).toBeGreaterThanOrEqual(500)
    expect(took).toBeLessThan(600)
  })

  test('waiting for somebody goes on until the deadline, or until the monitor is back and introduces him', async () => {
    await mesh.kill(monitor)
    await mesh.clock.advance(10_000)
    const inVain = a.waitFor('late', { timeout: 2000 }).catch((error: unknown) => error)
    const { value, took } = await mesh.settled(inVain)
    expect(value).toMatchObject({ code: 'ERR_TIMEOUT', uid: 'late' })
    expect(took).toBeGreaterThanOrEqual(2000)
    const waiting = a.waitFor('late', { timeout: 60_000 })
    await mesh.clock.advance(5000)
    await mesh.monitor()
    await mesh.runtime('late')
    expect((await mesh.settled(waiting)).took).toBeLessThan(3000)
  })

  test('it is dialled every three seconds at least, and no more than twice a second, for as long as that takes', async () => {
    await mesh.kill(monitor)
    const begun = mesh.clock.now()
    const away = sized(120_000, 600_000)
    await mesh.clock.advance(away)
    const instants = mesh.dials.filter(({ uid, at }) => uid === 'a' && at > begun).map(({ at }) => at)
    const gaps = instants.map((at, i) => at - (instants[i - 1] ?? begun))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3000)
    expect(instants.length).toBeLessThan((2 * away) / 1000)
    await mesh.monitor()
    await mesh.clock.advance(3000)
    expect(stateOf(a, 'monitor')).toBe('alive')
  })
})

test('an object on another runtime outlives the monitor that introduced its holder', async () => {
  class Counter {
    #n = 0
    add(): number {
      return ++this.#n
    }
  }
  b.expose('counters', { make: () => b.share(new Counter()) })
  const counters = a.proxy<{ make(): Counter }>('b', 'counters')
  const { value: counter } = await mesh.settled(Promise.resolve(counters.make()))
  expect((await mesh.settled(Promise.resolve(counter.add()))).value).toBe(1)
  await mesh.kill(monitor)
  await calling(10_000)
  await mesh.monitor()
  await calling(5000)
  expect((await mesh.settled(Promise.resolve(counter.add()))).value).toBe(2)
  expect(b.residents).toBe(1)
})
