import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { changesOf, MemoryMesh } from './support/memory.js'
import { addressOf, call, methods } from './support/mesh.js'

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh({ min: 5, max: 8 })
})
afterEach(() => mesh.close())

/** A handshake is over within this many milliseconds: four crossings to connect, and one each for hand and shake. */
const HANDSHAKE = 100

test.each([0, 10, 20, 30, 40, 50])(
  'an address that somebody wants %s ms after another is dialled once for both',
  async (after) => {
    const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
    const first = a.connect(addressOf(b))
    await mesh.clock.advance(after)
    const { value, took } = await mesh.settled(Promise.all([first, a.connect(addressOf(b))]))
    expect(value).toEqual(['b', 'b'])
    expect(took).toBeLessThan(HANDSHAKE)
  },
)

test.each([0, 1, 10, 20, 30, 40, 50, 60])(
  'an address that is dialled %s ms after a link to the same runtime was begun leads to that link',
  async (after) => {
    const monitor = await mesh.runtime('monitor', { introduces: true })
    const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
    await mesh.settled(Promise.all([b.connect(addressOf(monitor)), a.connect(addressOf(monitor))]))
    const waited = a.waitFor('b')
    await mesh.clock.advance(after)
    const connected = a.connect(addressOf(b))
    const { took } = await mesh.settled(Promise.all([waited, connected]))
    expect(took).toBeLessThan(3 * HANDSHAKE)
    expect(a.peers().find(({ uid }) => uid === 'b')).toMatchObject({ state: 'alive' })
  },
)

test('an address that is dialled while the handshake with the same runtime is renewed settles', async () => {
  const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
  await mesh.settled(a.connect(addressOf(b)))
  mesh.network.cut('a', 'b')
  await mesh.clock.advance(15)
  expect(a.shaken('b')).toBe(false)
  const settled = Promise.all([a.connect(addressOf(b)), a.waitFor('b'), b.waitFor('a')])
  const { took } = await mesh.settled(settled)
  expect(took).toBeLessThan(3 * HANDSHAKE)
})

test.each(['bad', '', 'http://127.0.0.1:3000'])(
  '%p is no address that anybody could dial',
  async (address) => {
    const a = await mesh.runtime('a')
    await expect(a.connect(address)).rejects.toMatchObject({
      code: 'ERR_INVALID_ADDRESS',
      option: 'address',
      given: `'${address}'`,
    })
  },
)

test('an address where nobody answers is given up at the deadline of each who dials it', async () => {
  const a = await mesh.runtime('a')
  const b = await mesh.runtime('b')
  mesh.network.halfOpen('b', true)
  const at: number[] = []
  const dial = (timeout: number) =>
    a.connect(addressOf(b), { timeout }).catch((error: unknown) => {
      at.push(mesh.clock.now())
      return error
    })
  const { value } = await mesh.settled(Promise.all([dial(3000), dial(1000), dial(5000)]))
  for (const error of value) expect(error).toMatchObject({ code: 'ERR_HANDSHAKE_TIMEOUT' })
  expect(at.map((instant) => Math.floor(instant / 1000))).toEqual([1, 3, 5])
  expect(a.peers()).toEqual([])
})

test('whoever waits for a runtime is told when the network of a shake brings it', async () => {
  const monitor = await mesh.runtime('monitor', { introduces: true })
  const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
  await mesh.settled(b.connect(addressOf(monitor)))
  const waited = a.waitFor('b')
  await mesh.settled(a.connect(addressOf(monitor)))
  const { took } = await mesh.settled(waited)
  expect(took).toBeLessThan(2 * HANDSHAKE)
})

test('whoever hears that a predecessor is replaced, and asks its uid at once, reaches the successor', async () => {
  const who = (answer: string) => ({ dispatch: methods({ who: () => answer }) })
  const a = await mesh.runtime('a')
  const first = await mesh.runtime('w', { host: 'one' }, who('first'))
  await mesh.settled(a.connect(addressOf(first)))
  mesh.network.kill('one')
  const second = await mesh.runtime('w', { host: 'two' }, who('second'))
  const asked: Promise<unknown>[] = []
  a.on('peer', ({ is }) => void (is === 'dead' && asked.push(a.sendRecv('w', call('who')))))
  const seen = changesOf(a)
  await mesh.settled(a.connect(addressOf(second)))
  expect(seen).toContain('w dead replaced')
  expect((await mesh.settled(Promise.all(asked))).value).toEqual(['second'])
  expect(a.peers()).toMatchObject([{ uid: 'w', instance: second.instance, state: 'alive', awaited: 0 }])
})
