import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '../src/comms/peer-change.js'
import { Standings } from '../src/comms/standings.js'
import type { CommsManager } from '../src/comms-manager.js'
import { MemoryMesh } from './support/memory.js'
import { addressOf, call } from './support/mesh.js'

let mesh: MemoryMesh
let a: CommsManager
let b: CommsManager
let told: PeerChange[]

beforeEach(async () => {
  mesh = new MemoryMesh()
  a = await mesh.runtime('a')
  b = await mesh.runtime('b')
  told = []
  a.on('peer', (change) => told.push(change))
  await mesh.settled(a.connect(addressOf(b)))
  await mesh.clock.advance(1)
})
afterEach(() => mesh.close())

function steps(): string[] {
  return told.map(({ was, is }) => `${was} -> ${is}`)
}

/** Until b is dead, of which a is told. */
async function dead(): Promise<PeerChange> {
  return (await mesh.settled(a.watch('b'))).value
}

describe('what is told', () => {
  test('a silent peer is told with how long that took, and what it rests on', async () => {
    mesh.network.partition('a', 'b')
    const change = await dead()
    expect(change).toMatchObject({ uid: 'b', was: 'suspect', is: 'dead', reason: 'silent', lane: 'mem' })
    expect(change.tookMs).toBeGreaterThan(7000)
    expect(change.tookMs).toBeLessThan(8500)
    expect(change.evidence).toMatch(
      /^its connection was lost \d+ ms after it was last heard, and it could not be reached for 6000 ms more/,
    )
  })

  test('a peer that was busy and is lost then is not said to have given no heartbeat, which nobody knows', async () => {
    mesh.network.stall('b')
    await mesh.clock.advance(20_000)
    mesh.network.partition('a', 'b')
    const { evidence } = await dead()
    expect(evidence).toMatch(/^its connection was lost \d{5} ms after it was last heard, and/)
  })

  test('a farewell is evidence, and takes no time', async () => {
    void b.stop()
    expect(await dead()).toMatchObject({
      was: 'alive',
      is: 'left',
      reason: 'stopped',
      evidence: 'it said farewell: stopped',
      tookMs: undefined,
    })
  })

  test('an obituary names its witness', async () => {
    a.obituary('b', b.instance)
    expect(await dead()).toMatchObject({ reason: 'exited', evidence: 'this runtime saw it end' })
  })

  test('who passes an obituary on is not said to have seen the end', async () => {
    const c = await mesh.runtime('c')
    await mesh.settled(c.connect(addressOf(b)))
    await mesh.settled(c.connect(addressOf(a)))
    c.obituary('b', b.instance)
    expect(await dead()).toMatchObject({
      reason: 'exited',
      evidence: 'c has told that whoever started it saw it end',
    })
  })

  test('the way back from the dead is told from its first step', async () => {
    a.obituary('b', b.instance)
    await mesh.settled(a.connect(addressOf(b)))
    await mesh.clock.advance(1)
    const back = steps().slice(steps().indexOf('alive -> dead'))
    expect(back[1]).toMatch(/^dead -> (connecting|shaking)$/)
    expect(back.at(-1)).toMatch(/-> alive$/)
  })

  test('a peer that is introduced comes out of the unknown, and is told when it is dialled', async () => {
    const monitor = await mesh.runtime('monitor', { introduces: true })
    await mesh.settled(b.connect(addressOf(monitor)))
    const c = await mesh.runtime('c')
    c.on('peer', (change) => change.uid === 'b' && told.push(change))
    told.length = 0
    await mesh.settled(c.connect(addressOf(monitor)))
    const linked = c.waitFor('b')
    // Before anybody has answered.
    await mesh.clock.advance(0)
    expect(steps()).toEqual(['unknown -> known', 'known -> connecting'])
    await mesh.settled(linked)
    expect(steps()).toEqual([
      'unknown -> known',
      'known -> connecting',
      'connecting -> shaking',
      'shaking -> alive',
    ])
  })

  test('one that is dialled by its address is told from when it is known who it is', () => {
    expect(steps()).toEqual(['unknown -> shaking', 'shaking -> alive'])
  })

  test('a successor that was introduced while its predecessor was linked is known when that is gone', async () => {
    const monitor = await mesh.runtime('monitor', { introduces: true })
    await mesh.settled(a.connect(addressOf(monitor)))
    mesh.network.freeze('b')
    const successor = await mesh.runtime('b', { host: 'elsewhere' })
    await mesh.settled(successor.connect(addressOf(monitor)))
    await mesh.settled(a.watch('b'))
    await mesh.clock.advance(1)
    expect(told.filter(({ uid }) => uid === 'b').slice(-2)).toMatchObject([
      { instance: b.instance, is: 'dead' },
      { instance: successor.instance, was: 'dead', is: 'known' },
    ])
  })

  test('what a listener causes is told to all after what it was told', async () => {
    const heard: string[] = []
    a.removeAllListeners('peer')
    a.on('peer', ({ is }) => void (is === 'suspect' && a.disconnect('b')))
    a.on('peer', ({ is }) => heard.push(is))
    mesh.network.cut('a', 'b')
    await mesh.clock.advance(1)
    expect(heard).toEqual(['suspect', 'left'])
  })
})

describe('watching', () => {
  test('resolves at once for one that is gone, with its end', async () => {
    a.obituary('b', b.instance)
    expect(await a.watch('b')).toBe(told.at(-1))
  })

  test('waits for the end of the instance that is there, and of no later one', async () => {
    const watched = a.watch('b')
    const { instance } = b
    mesh.network.kill('b')
    const successor = await mesh.runtime('b', { host: 'elsewhere' })
    await mesh.settled(a.connect(addressOf(successor)))
    expect((await mesh.settled(watched)).value).toMatchObject({ instance, is: 'dead' })
    const later = a.watch('b')
    void successor.stop()
    expect((await mesh.settled(later)).value).toMatchObject({ instance: successor.instance, is: 'left' })
  })

  test('waits for the end of a link that is only just being made, although the one before has ended', async () => {
    const monitor = await mesh.runtime('monitor', { introduces: true })
    const c = await mesh.runtime('c')
    await mesh.settled(Promise.all([a, c].map((comms) => comms.connect(addressOf(monitor)))))
    await mesh.clock.advance(10)
    mesh.network.partition('a', 'c')
    const unheard = a.sendRecv('c', call('anything')).catch((error: unknown) => error)
    expect((await mesh.settled(unheard)).value).toMatchObject({ reason: 'no-answer' })
    // It may be there: it is not listed among the dead as well.
    expect(a.peers().filter(({ uid }) => uid === 'c')).toMatchObject([
      { state: 'known', reason: 'no-answer' },
    ])
    mesh.network.heal('a', 'c')
    a.sendRecv('c', call('anything')).catch(() => {})
    const watched = a.watch('c')
    await mesh.clock.advance(100)
    void c.stop()
    expect((await mesh.settled(watched)).value).toMatchObject({ is: 'left', reason: 'stopped' })
  })

  test('one that was only introduced is gone when another of its name greets us', async () => {
    const monitor = await mesh.runtime('monitor', { introduces: true })
    const c = await mesh.runtime('c')
    await mesh.settled(Promise.all([a, c].map((comms) => comms.connect(addressOf(monitor)))))
    await mesh.clock.advance(10)
    expect(a.peers().find(({ uid }) => uid === 'c')?.state).toBe('known')
    const watched = a.watch('c')
    mesh.network.freeze('c')
    const successor = await mesh.runtime('c', { host: 'elsewhere' })
    await mesh.settled(successor.connect(addressOf(a)))
    const end = { instance: c.instance, was: 'known', is: 'dead', reason: 'replaced' }
    expect((await mesh.settled(watched)).value).toMatchObject(end)
    await mesh.clock.advance(10)
    expect(a.peers().find(({ uid }) => uid === 'c')).toMatchObject({
      state: 'alive',
      instance: successor.instance,
    })
  })

  test('rejects when it is given up, and for one that was never heard of', async () => {
    const cancelled = { code: 'ERR_CANCELLED', uid: 'b', reason: 'enough' }
    const controller = new AbortController()
    const watched = a.watch('b', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(watched).rejects.toMatchObject(cancelled)
    await expect(a.watch('b', { signal: controller.signal })).rejects.toMatchObject(cancelled)
    await expect(a.watch('nobody')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_PEER', uid: 'nobody' })
  })

  test('rejects when this runtime ends first', async () => {
    const watched = a.watch('b')
    watched.catch(() => {})
    await mesh.settled(a.stop())
    await expect(watched).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      uid: 'b',
      message: 'b is not watched any more: a was stopped before it was gone',
    })
    await expect(a.watch('b')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })
})

describe('those that are gone', () => {
  test('are reported with their end until they come back, and calls to them say why they fail', async () => {
    a.obituary('b', b.instance)
    await mesh.clock.advance(1500)
    const end = {
      uid: 'b',
      instance: b.instance,
      state: 'dead',
      reason: 'exited',
      sinceMs: 1500,
      lane: 'mem',
    }
    expect(a.peers()).toMatchObject([end])
    const failed = a.sendRecv('b', call('anything'))
    await expect(failed).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_PEER',
      executed: 'no',
      reason: 'exited',
      message: expect.stringContaining('b is dead since 1500 ms (exited): this runtime saw it end'),
    })
    await mesh.settled(a.connect(addressOf(b)))
    await mesh.clock.advance(1)
    expect(a.peers()).toMatchObject([{ uid: 'b', state: 'alive', reason: undefined }])
  })

  test('are forgotten, the oldest first, when there are too many', () => {
    const standings = new Standings(mesh.clock, 2)
    for (const uid of ['x', 'y', 'z']) {
      const entry = { uid, instance: uid, endpoints: [], roles: [], host: '', process: '' }
      standings.follow({ uid, instance: uid, is: 'dead', reason: 'exited' }, entry)
    }
    expect([...standings.ends()].map(({ change }) => change.uid)).toEqual(['y', 'z'])
  })
})
