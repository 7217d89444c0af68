import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { PeerChange } from '../src/comms/peer-change.js'
import { RuntimeDisconnectedError, type SkeinError } from '../src/errors.js'
import { MsgpackCodec } from '../src/wire/msgpack-codec.js'
import { addressOf, call, change, lanes, methods, TestMesh } from './support/mesh.js'

useLedger()

const tcp = lanes.slice(0, 1)

/** A scenario on each of the lanes. */
function scenario(
  name: string,
  on: readonly (typeof lanes)[number][],
  run: (mesh: TestMesh) => Promise<void>,
): void {
  describe.each(on)(name, (lane) => {
    let mesh: TestMesh
    beforeEach(() => {
      mesh = new TestMesh(lane)
    })
    afterEach(() => mesh.close())
    test(`over ${lane}`, () => run(mesh), 60_000)
  })
}

const echo = methods({
  echo: (value: unknown) => value,
  later: async (value: unknown) => value,
  fail: (message: string) => {
    throw Object.assign(new RangeError(message), { code: 'E_FAIL' })
  },
})

scenario(
  'mosaic 1: a taken default port moves on to the next free one and is reported',
  tcp,
  async (mesh) => {
    const first = await mesh.local('first')
    const second = await mesh.local('second')
    expect(first.port).toBeGreaterThanOrEqual(3000)
    // Not above the first: one below may have become free meanwhile.
    expect(second.port).toBeGreaterThanOrEqual(3000)
    expect(second.port).not.toBe(first.port)
    expect(second.address).toBe(`tcp://127.0.0.1:${second.port}`)
    await expect(mesh.local('third', { port: first.port })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(String(first.port)),
    })
  },
)

scenario(
  'mosaic 2: after hand and shake both sides are shaken, and no network comes from a peer',
  lanes,
  async (mesh) => {
    const [a, b, c] = [await mesh.local('a'), await mesh.local('b'), await mesh.local('c')]
    await c.connect(addressOf(a))
    const seen = change(a, 'b', 'alive')
    expect(await b.connect(addressOf(a))).toBe('a')
    await seen
    expect([a.shaken('b'), b.shaken('a')]).toEqual([true, true])
    expect([a.connected('b'), b.connected('a')]).toEqual([true, true])
    expect(b.peers().map(({ uid }) => uid)).toEqual(['a'])
  },
)

scenario('mosaic 3: a third joiner gets both earlier peers, and they are told of it', lanes, async (mesh) => {
  const monitor = await mesh.local('monitor', { introduces: true })
  const earlier = [
    await mesh.local('b', {}, { dispatch: echo }),
    await mesh.local('c', {}, { dispatch: echo }),
  ]
  for (const comms of earlier) await comms.connect(addressOf(monitor))
  const third = await mesh.local('d', {}, { dispatch: echo })
  await third.connect(addressOf(monitor))
  expect(third.peers().map(({ uid }) => uid)).toEqual(['b', 'c', 'monitor'])
  for (const comms of earlier) {
    await eventually(() => comms.uidAddress('d') === third.address)
    expect(await comms.sendRecv('d', call('echo', comms.uid))).toBe(comms.uid)
    expect(await third.sendRecv(comms.uid, call('echo', 'd'))).toBe('d')
  }
})

scenario('mosaic 4: the first message right after waitFor arrives, every time', lanes, async (mesh) => {
  // By default most over tcp, where most can go wrong; the other lanes differ in nothing above the transport.
  const times = sized(mesh.lane === 'tcp' ? 15 : 5, 500)
  const arrived: string[] = []
  const hub = await mesh.local(
    'hub',
    {},
    { dispatch: methods({ first: (uid: string) => void arrived.push(uid) }) },
  )
  const joiners = await Promise.all([mesh.process('left'), mesh.process('right')])
  await Promise.all(
    joiners.map((peer) => peer.do('joinAndSend', { uid: peer.uid, monitor: hub.address, times })),
  )
  expect(new Set(arrived).size).toBe(2 * times)
  expect(arrived).toHaveLength(2 * times)
})

scenario(
  'mosaic 5: waitFor an absent peer rejects at its timeout, and oneself is there at once',
  tcp,
  async (mesh) => {
    const a = await mesh.local('a')
    await a.waitFor('a')
    await expect(a.waitFor('absent', { timeout: 50 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      uid: 'absent',
      timeoutMs: 50,
    })
  },
)

scenario(
  'mosaic 6: what is sent while hands are shaken is dispatched afterwards, in order',
  lanes,
  async (mesh) => {
    const taken: number[] = []
    const record = methods({ take: (n: number) => void taken.push(n) })
    const monitor = await mesh.local('monitor', { introduces: true })
    const a = await mesh.local('a', {}, { dispatch: record })
    const b = await mesh.local('b')
    for (const comms of [a, b]) await comms.connect(addressOf(monitor))
    await eventually(() => b.uidAddress('a'))
    expect(b.shaken('a')).toBe(false)
    for (let n = 0; n < 100; n++) await b.send('a', call('take', n))
    await eventually(() => taken.length === 100)
    expect(taken).toEqual(Array.from({ length: 100 }, (_, n) => n))
  },
)

scenario('mosaic 7: a handshake with a dead address rejects at its deadline', lanes, async (mesh) => {
  const a = await mesh.local('a')
  const nobody = { tcp: 'tcp://127.0.0.1:9', ipc: 'ipc:///tmp/skein-nobody', inproc: 'inproc://nobody' }[
    mesh.lane
  ]
  const began = performance.now()
  await expect(a.connect(nobody, { timeout: 300 })).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
    address: nobody,
    timeoutMs: 300,
  })
  expect(performance.now() - began).toBeGreaterThanOrEqual(300)
})

scenario(
  'mosaic 8: send does not wait, and sendRecv gives the returned value, null and undefined too',
  lanes,
  async (mesh) => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const dispatch = methods({ echo: (value: unknown) => value, hold: () => held })
    const a = await mesh.local('a', {}, { dispatch })
    const b = await mesh.local('b')
    await b.connect(addressOf(a))
    await b.send('a', call('hold')) // resolves although nobody has released it
    for (const value of [null, undefined, 0, '', false, { x: [undefined] }]) {
      expect(await b.sendRecv('a', call('echo', value))).toEqual(value)
    }
    release()
  },
)

scenario('mosaic 9: 1000 concurrent requests each get their own answer', lanes, async (mesh) => {
  const a = await mesh.local('a', {}, { dispatch: echo })
  const b = await mesh.local('b')
  await b.connect(addressOf(a))
  const numbers = Array.from({ length: 1000 }, (_, n) => n)
  const answers = await Promise.all(
    numbers.map((n) => b.sendRecv('a', call(n % 2 === 0 ? 'echo' : 'later', n))),
  )
  expect(answers).toEqual(numbers)
})

scenario('mosaic 10: a message to oneself needs no link and behaves the same', tcp, async (mesh) => {
  const dispatch = methods({
    mutate: (list: number[]) => {
      list.push(4)
      return list
    },
    fail: () => {
      throw new RangeError('no')
    },
  })
  const a = await mesh.local('a', {}, { dispatch })
  const list = [1, 2, 3]
  const result = await a.sendRecv<number[]>('a', call('mutate', list))
  expect(list).toEqual([1, 2, 3])
  expect(result).toEqual([1, 2, 3, 4])
  await expect(a.sendRecv('a', call('fail'))).rejects.toMatchObject({ name: 'RangeError', message: 'no' })
  await expect(
    a.sendRecv(
      'a',
      call('mutate', () => {}),
    ),
  ).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  expect(a.peers()).toEqual([])
})

scenario(
  'mosaic 11: a request to an unknown peer rejects promptly, and after stop it rejects too',
  tcp,
  async (mesh) => {
    const a = await mesh.local('a')
    await expect(a.sendRecv('nobody', call('echo'))).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_PEER',
      uid: 'nobody',
      executed: 'no',
    })
    await a.stop()
    await expect(a.sendRecv('nobody', call('echo'))).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect(a.send('nobody', call('echo'))).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  },
)

scenario(
  'mosaic 12: a remote throw rejects that very call, with name, message, code and remote stack',
  lanes,
  async (mesh) => {
    const a = await mesh.remote('a')
    const b = await mesh.local('b')
    const started = (await a.do('address')) as string
    await b.connect(started)
    const [good, bad] = await Promise.allSettled([
      b.sendRecv('a', call('echo', 1)),
      b.sendRecv('a', call('fail', 'too much')),
    ])
    expect(good).toEqual({ status: 'fulfilled', value: 1 })
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: {
        name: 'RangeError',
        message: 'too much',
        code: 'E_FAIL',
        stack: expect.stringContaining('peer.mjs'),
      },
    })
  },
)

scenario(
  'mosaic 14: a malformed or mismatched frame is counted and dropped, and the listener lives',
  tcp,
  async (mesh) => {
    const { Dealer } = await import('zeromq')
    const a = await mesh.local('a', {}, { dispatch: echo })
    const b = await mesh.local('b')
    await b.connect(addressOf(a))
    const stranger = new Dealer({ linger: 0 })
    stranger.connect(addressOf(a))
    const token = Buffer.alloc(16, 7)
    await stranger.send([Buffer.from('')])
    await stranger.send([Buffer.from('\u0001short')])
    await stranger.send([Buffer.concat([Buffer.from([9]), token])])
    await stranger.send([Buffer.concat([Buffer.from([1]), token])])
    await stranger.send([Buffer.concat([Buffer.from([1]), Buffer.alloc(16), Buffer.from('rubbish')])])
    await eventually(() => Object.keys(a.drops).length === 5)
    expect(a.drops).toEqual({ empty: 1, short: 1, version: 1, token: 1, greeting: 1 })
    expect(await b.sendRecv('a', call('echo', 'still here'))).toBe('still here')
    stranger.close()
  },
)

scenario(
  'mosaic 19: a death rejects its requests in flight and leaves all others alone',
  lanes,
  async (mesh) => {
    const head = await mesh.local('head', { introduces: true })
    const other = await mesh.local('other', {}, { dispatch: echo })
    const [victim] = await Promise.all([
      mesh.remote('victim', addressOf(head)),
      other.connect(addressOf(head)),
    ])
    const seen: PeerChange[] = []
    other.on('peer', (change) => seen.push(change))
    const lost = [head.sendRecv('victim', call('hang')), head.sendRecv('victim', call('hang'))]
    const settled = Promise.allSettled(lost)
    expect(await head.sendRecv('victim', call('echo', 1))).toBe(1) // the others before it have arrived
    const kept = head.sendRecv('other', call('echo', 2))
    await victim.die()
    if (mesh.lane === 'inproc') head.obituary('victim', head.entryOf('victim')?.instance ?? '') // whoever started a thread sees it end
    for (const result of await settled) {
      const { reason } = result as PromiseRejectedResult
      expect(reason).toBeInstanceOf(RuntimeDisconnectedError)
      expect(reason).toMatchObject({
        code: 'ERR_PEER_LOST',
        uid: 'victim',
        executed: 'maybe',
        method: 'hang',
      })
    }
    expect(await kept).toBe(2)
    expect(await head.sendRecv('other', call('echo', 3))).toBe(3)
    expect(seen).not.toContainEqual(expect.objectContaining({ uid: 'head', is: 'dead' }))
  },
)

scenario(
  'mosaic 21: a restart under the same uid shakes hands again and survives its predecessor',
  lanes,
  async (mesh) => {
    const head = await mesh.local('head', { introduces: true })
    const first = await mesh.remote('worker', addressOf(head))
    const instance = head.peers()[0]?.instance
    const dead = change(head, 'worker', 'dead')
    await first.die()
    if (mesh.lane === 'inproc') head.obituary('worker', instance ?? '')
    const second = await mesh.local('worker', {}, { dispatch: echo })
    const changes: PeerChange[] = []
    second.on('peer', (change) => changes.push(change))
    await second.connect(addressOf(head))
    await dead
    await head.waitFor('worker')
    expect(head.peers()[0]?.instance).not.toBe(instance)
    expect(await head.sendRecv('worker', call('echo', 'again'))).toBe('again')
    expect(changes.at(-1)).toMatchObject({ uid: 'head', is: 'alive' })
  },
)

scenario(
  'mosaic 22: disconnect with notify reaches every live peer, and connected is false afterwards',
  lanes,
  async (mesh) => {
    const head = await mesh.local('head', { introduces: true })
    const [a, b, c] = [await mesh.local('a'), await mesh.local('b'), await mesh.local('c')]
    for (const comms of [a, b, c]) await comms.connect(addressOf(head))
    await eventually(() => a.uidAddress('b') && c.uidAddress('b'))
    const told = [change(a, 'b', 'left'), change(c, 'b', 'left')]
    const left = change(b, 'head', 'left')
    head.disconnect('b', { notify: true })
    expect(head.connected('b')).toBe(false)
    await Promise.all(told)
    await left
    expect(b.connected('head')).toBe(false)
    expect([a.connected('head'), c.connected('head')]).toEqual([true, true])
  },
)

scenario(
  'mosaic 23: stop flushes, closes every socket, and the process ends by itself',
  lanes,
  async (mesh) => {
    const arrived: number[] = []
    const head = await mesh.local(
      'head',
      {},
      { dispatch: methods({ take: (n: number) => void arrived.push(n) }) },
    )
    const peer = await mesh.remote('peer', addressOf(head))
    const left = change(head, 'peer', 'left')
    await peer.do('flood', { uid: 'head', method: 'take', times: 1000 })
    await Promise.all([peer.do('stop'), peer.do('stop')])
    await left
    expect(arrived).toHaveLength(1000)
    await peer.do('end').catch(() => {})
    await peer.ended // nothing but the test's own channel kept it alive
  },
)

scenario(
  'mosaic 24: a 1 MB typed array arrives identical, and a value that cannot be sent rejects',
  lanes,
  async (mesh) => {
    const a = await mesh.local('a', {}, { dispatch: echo })
    const b = await mesh.local('b')
    await b.connect(addressOf(a))
    const values = Float64Array.from({ length: 131_072 }, (_, i) => Math.sin(i))
    const echoed = await b.sendRecv<Float64Array>('a', call('echo', values))
    expect(echoed).toBeInstanceOf(Float64Array)
    expect(bytesOf(echoed).equals(bytesOf(values))).toBe(true) // jest would take long to compare the numbers
    const failure = (await b
      .sendRecv('a', call('echo', { f: () => {} }))
      .catch((error) => error)) as SkeinError
    expect(failure).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path: 'args[0].f' })
  },
)

scenario('mosaic 15: a late, duplicate or unknown reply is ignored and counted', tcp, async (mesh) => {
  let release = (_: string): void => {}
  const held = new Promise<string>((resolve) => {
    release = resolve
  })
  const a = await mesh.local(
    'a',
    {},
    { dispatch: methods({ hold: () => held, echo: (value: unknown) => value }) },
  )
  const b = await mesh.local('b', {}, { codec: new Repeater({}) })
  await b.connect(addressOf(a))
  await expect(b.sendRecv('a', call('hold'), { timeout: 20 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  release('late') // before the cancel can have reached it
  expect(await b.sendRecv('a', call('echo', 'twice'))).toBe('twice')
  await eventually(() => b.drops.reply === 2)
  expect(await b.sendRecv('a', call('echo', 1))).toBe(1)
})

scenario('mosaic 25: a full outbox pushes back', lanes, async (mesh) => {
  const taken: number[] = []
  const head = await mesh.local('head', { flow: { outboxMessages: 100, windowBytes: 1024 } })
  await mesh.remote('peer', addressOf(head))
  const stall = head.sendRecv('peer', call('stall', 500))
  const waiting: Promise<void>[] = []
  let failure: unknown
  for (let n = 0; failure === undefined && n < 10_000; n++) {
    await head.send('peer', call('hold', n), { overflow: 'fail' }).then(
      () => taken.push(n),
      (error: unknown) => {
        failure = error
      },
    )
  }
  expect(failure).toMatchObject({ code: 'ERR_OVERLOADED', uid: 'peer', executed: 'no' })
  expect(taken.length).toBeLessThanOrEqual(100)
  for (let n = taken.length; n < 500; n++) waiting.push(head.send('peer', call('hold', n)))
  let done = 0
  for (const each of waiting) void each.then(() => (done += 1))
  expect(done).toBe(0)
  await stall
  await Promise.all(waiting)
  expect(await head.sendRecv('peer', call('held'))).toEqual(Array.from({ length: 500 }, (_, n) => n))
})

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Receives every reply that says `twice` twice over. */
class Repeater extends MsgpackCodec {
  override decode(...given: Parameters<MsgpackCodec['decode']>): unknown {
    const messages = super.decode(...given)
    if (!Array.isArray(messages)) return messages
    return messages.flatMap((message) =>
      JSON.stringify(message).includes('twice') ? [message, message] : [message],
    )
  }
}
