import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { collectGarbage, eventually, once, useLedger } from '@skein/test-harness'
import { isProxy, release } from '../src/proxy.js'
import type { Remote, RemoteObject } from '../src/remote.js'
import type { Runtime } from '../src/runtime.js'
import { Counter, events, Plain } from './fixtures/counter.js'
import { TestMesh } from './support/test-mesh.js'

const from = new URL('./fixtures/counter.ts', import.meta.url).href

/** Keeps what it is given. */
class Shelf {
  readonly kept: unknown[] = []

  keep(...things: unknown[]): void {
    this.kept.push(...things)
  }
}

let mesh: TestMesh
let a: Runtime
let b: Runtime
let owner: Runtime
let shelf: Shelf
let remoteShelf: Remote<Shelf>

useLedger()
beforeEach(async () => {
  events.length = 0
  mesh = new TestMesh()
  ;[a, b] = await mesh.pair()
  owner = await mesh.runtime('owner')
  await Promise.all([mesh.link(a, owner), mesh.link(b, owner)])
  shelf = new Shelf()
  b.expose('shelf', shelf)
  remoteShelf = a.proxy<Shelf>('b', 'shelf')
})
afterEach(() => mesh.close())

function counter(): Promise<RemoteObject<Counter>> {
  return a.create(Counter, { from, on: 'owner', args: ['one'] })
}

/** What B has, seen as what A has sent. */
function onShelf(index = 0): RemoteObject<Counter> {
  const thing = shelf.kept[index]
  expect(isProxy(thing)).toBe(true)
  return thing as RemoteObject<Counter>
}

/** Resolves when all that `one` has sent to `other` until now has come there. */
async function caughtUp(one: Runtime, other: Runtime): Promise<void> {
  await one.comms.sendRecv(other.uid, { service: 'skein.stats', method: 'read' })
}

describe('a proxy that is passed on', () => {
  test('is a proxy of the same object there', async () => {
    const one = await counter()
    await one.add(1)
    await remoteShelf.keep(one)
    await expect(onShelf().add(1)).resolves.toBe(2)
    expect(`${onShelf()}`).toBe(`${one}`)
  })

  test('keeps the object when the sender lets go', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    await release(one)
    await caughtUp(a, owner)
    await expect(onShelf().add(1)).resolves.toBe(1)
    await release(onShelf())
    await eventually(() => events.includes('one disposed'))
    expect(owner.residents).toBe(0)
  })

  test('is a hold for each time that it was', async () => {
    const one = await counter()
    await remoteShelf.keep(one, one)
    await release(one)
    await release(onShelf(0))
    await expect(onShelf(1).add(1)).resolves.toBe(1)
    await release(onShelf(1))
    await eventually(() => events.includes('one disposed'))
  })

  test('may be passed on further, by one who lets go at once', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    const last = new Shelf()
    const third = await mesh.runtime('third')
    await Promise.all([mesh.link(third, b), mesh.link(third, owner)])
    third.expose('shelf', last)
    const passing = b.proxy<Shelf>('third', 'shelf').keep(onShelf())
    await Promise.all([release(one), release(onShelf()), passing])
    await expect((last.kept[0] as Remote<Counter>).add(1)).resolves.toBe(1)
  })

  test('that was let go of before is refused', async () => {
    const one = await counter()
    await release(one)
    await expect(remoteShelf.keep(one)).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  })
})

describe('between the sending of a proxy and the confirmation of its owner', () => {
  beforeEach(() => mesh.network.partition('b', 'owner'))

  test('the sender may let go: the object waits for the receiver', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    await release(one)
    await caughtUp(a, owner)
    expect(events).toEqual(['one made'])
    mesh.network.heal()
    await expect(onShelf().add(1)).resolves.toBe(1)
    await release(onShelf())
    await eventually(() => events.includes('one disposed'))
  })

  test('the garbage collector may find what the sender has no more', async () => {
    await remoteShelf.keep(await counter())
    for (let i = 0; i < 2; i++) {
      collectGarbage()
      await caughtUp(a, owner)
    }
    expect(events).toEqual(['one made'])
    mesh.network.heal()
    await expect(onShelf().add(1)).resolves.toBe(1)
  })

  test('the receiver may let go', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    const released = release(onShelf())
    await release(one)
    expect(events).toEqual(['one made'])
    mesh.network.heal()
    await released
    await eventually(() => events.includes('one disposed'))
  })

  test('the receiver may die: the sender, that has let go, holds nothing for it any more', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    await release(one)
    await caughtUp(a, owner)
    expect(events).toEqual(['one made'])
    await mesh.kill(b)
    await eventually(() => events.includes('one disposed'))
    expect(owner.residents).toBe(0)
  })

  test('the receiver may die: the sender that has not let go keeps the object', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    const dead = once<[PeerChange]>(a, 'peer', ({ uid, is }) => uid === 'b' && is === 'dead')
    await mesh.kill(b)
    await dead
    await expect(one.add(1)).resolves.toBe(1)
    await release(one)
    expect(events).toEqual(['one made', 'one disposed'])
  })

  test('the sender waits with its end, so that the receiver has what it was given', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    const stopping = a.stop()
    await caughtUp(b, a)
    mesh.network.heal()
    await stopping
    await expect(onShelf().add(1)).resolves.toBe(1)
  })

  test('the owner may die', async () => {
    const one = await counter()
    await remoteShelf.keep(one)
    await mesh.kill(owner)
    await expect(one.add(1)).rejects.toMatchObject({ code: 'ERR_PEER_LOST' })
    await release(one)
    mesh.network.heal()
    await expect(onShelf().add(1)).rejects.toMatchObject({ code: 'ERR_PEER_LOST' })
  })
})

describe('a proxy that could not be sent', () => {
  test('is no hold of anybody', async () => {
    const one = await counter()
    const failed = remoteShelf.keep(one, () => {})
    await expect(failed).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
    await release(one)
    expect(events).toEqual(['one made', 'one disposed'])
  })
})

describe('an object that its owner shares', () => {
  test('is used from elsewhere, and disposed when it is let go of there', async () => {
    const plain = new Plain('plain')
    await remoteShelf.keep(a.share(plain))
    const [kept] = shelf.kept as [RemoteObject<Plain>]
    await expect(kept.hello()).resolves.toBe('hello, plain')
    expect(a.residents).toBe(1)
    await release(kept)
    expect(events).toEqual(['plain disposed'])
    expect(a.residents).toBe(0)
  })

  test('may be what a method returns', async () => {
    b.expose('plains', { open: (name: string) => b.share(new Plain(name)) })
    const plain = await a.proxy<{ open(name: string): RemoteObject<Plain> }>('b', 'plains').open('plain')
    await expect(plain.hello()).resolves.toBe('hello, plain')
    await release(plain)
    expect(events).toEqual(['plain disposed'])
  })

  test('is disposed when all who hold it are dead', async () => {
    await remoteShelf.keep(a.share(new Plain('plain')))
    await mesh.kill(b)
    await eventually(() => events.includes('plain disposed'))
  })

  test('is the same object however often it is shared, until it is disposed', async () => {
    const plain = new Plain('plain')
    await remoteShelf.keep(a.share(plain), a.share(plain))
    expect(a.residents).toBe(1)
    const [first, second] = shelf.kept as [RemoteObject<Plain>, RemoteObject<Plain>]
    await release(first)
    expect(events).toEqual([])
    await release(second)
    expect(events).toEqual(['plain disposed'])
  })

  test('is kept for those that it is to be handed to yet, though all who had it have let go', async () => {
    const plain = new Plain('plain')
    await remoteShelf.keep(a.share(plain))
    const next = a.share(plain)
    await release(shelf.kept[0] as RemoteObject<Plain>)
    expect(events).toEqual([])
    await remoteShelf.keep(next)
    await release(shelf.kept[1] as RemoteObject<Plain>)
    expect(events).toEqual(['plain disposed'])
  })

  test('can be used through the mesh by its owner too', async () => {
    const shared = a.share(new Plain('plain'))
    await expect(shared.hello()).resolves.toBe('hello, plain')
  })

  test('is disposed when its owner lets go of it before anybody has got it', async () => {
    await release(a.share(new Plain('plain')))
    expect(events).toEqual(['plain disposed'])
  })

  test('is not disposed when its owner lets go of it and others hold it', async () => {
    const shared = a.share(new Plain('plain'))
    await remoteShelf.keep(shared)
    await release(shared)
    expect(events).toEqual([])
  })

  test('is as before if it could not be sent', async () => {
    const shared = a.share(new Plain('plain'))
    await expect(remoteShelf.keep(shared, () => {})).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
    expect(events).toEqual([])
    await remoteShelf.keep(shared)
    await release(shelf.kept[0] as RemoteObject<Plain>)
    expect(events).toEqual(['plain disposed'])
  })

  test('is refused once it was disposed', async () => {
    const shared = a.share(new Plain('plain'))
    await release(shared)
    await expect(remoteShelf.keep(shared)).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  })

  test('must have methods', () => {
    expect(() => a.share({})).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    expect(() => a.share(new Date())).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('a proxy that comes home', () => {
  test('is the object itself', async () => {
    const plain = new Plain('plain')
    await remoteShelf.keep(a.share(plain))
    const home = new Shelf()
    a.expose('home', home)
    await b.proxy<Shelf>('a', 'home').keep(shelf.kept[0])
    expect(home.kept[0]).toBe(plain)
  })

  test('before the object was held by anybody else is a proxy of it', async () => {
    const home = new Shelf()
    a.expose('home', home)
    await a.proxy<Shelf>('a', 'home').keep(a.share(new Plain('plain')))
    await expect((home.kept[0] as Remote<Plain>).hello()).resolves.toBe('hello, plain')
  })
})
