import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { encode } from '@msgpack/msgpack'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { Dealer } from 'zeromq'
import { CommsManager } from '../src/comms-manager.js'
import { OpenBatch } from '../src/wire/batch.js'
import { NO_TOKEN } from '../src/wire/header.js'
import { type Hand, Kind } from '../src/wire/message.js'
import { MsgpackCodec } from '../src/wire/msgpack-codec.js'
import { addressOf, call, methods, silent, TestMesh } from './support/mesh.js'

useLedger()

/** How many a stranger sends, of anything. */
const MESSAGES = sized(4000, 10_000)

const echo = methods({ echo: (value: unknown) => value })
const codec = new MsgpackCodec({})

let mesh: TestMesh
let stranger: Dealer
let served: CommsManager
const warned: object[] = []

beforeEach(async () => {
  mesh = new TestMesh('tcp')
  warned.length = 0
  const logger = { ...silent, warn: (facts: object) => void warned.push(facts) }
  served = await mesh.local('served', { logger }, { dispatch: echo })
  stranger = new Dealer({ linger: 0 })
  stranger.connect(addressOf(served))
})

afterEach(async () => {
  stranger.close()
  await mesh.close()
})

function drops(): number {
  return Object.values(served.drops).reduce((sum, n) => sum + n, 0)
}

function hand(fields: Partial<Hand>): Uint8Array[] {
  const batch = new OpenBatch(codec)
  const from = {
    uid: 'stranger',
    instance: 'i',
    endpoints: ['tcp://127.0.0.1:9'],
    roles: [],
    host: 'h',
    process: 'p',
  }
  const bytes = new Uint8Array(16).fill(1)
  const greeting = { toUid: null, to: null, nonce: bytes, token: bytes, attempt: 1, session: 1, taken: 0 }
  batch.append({ kind: Kind.hand, from, meshToken: mesh.meshToken, ...greeting, ...fields }, '')
  return [...batch.seal().frames(NO_TOKEN, { seq: 0, ack: 0, admitted: 0 })]
}

test(`${MESSAGES} random multipart messages leave a runtime serving, each counted by reason`, async () => {
  const peer = await mesh.local('peer')
  await peer.connect(addressOf(served))
  const kinds = [
    () => randomBytes(1 + Math.floor(Math.random() * 200)),
    () =>
      Buffer.concat([
        Buffer.from([1]),
        randomBytes(16),
        Buffer.from(encode([1, 0, [[8, 1, 's', 'm', [], null]]])),
      ]),
    () => Buffer.concat([Buffer.from([1]), Buffer.alloc(16), randomBytes(64)]),
    () => Buffer.concat([Buffer.from([1]), Buffer.alloc(16), Buffer.from(encode([0, 0, [[1, {}]]]))]),
    () => Buffer.alloc(0),
  ]
  for (let n = 0; n < MESSAGES; n++) {
    const first = kinds[n % kinds.length]?.() ?? Buffer.alloc(0)
    const rest = Array.from({ length: n % 4 }, () => randomBytes(n % 50))
    await stranger.send([first, ...rest])
    if (n % 1000 === 0) expect(await peer.sendRecv('served', call('echo', n))).toBe(n)
  }
  await eventually(() => drops() >= MESSAGES, { timeout: 20_000 })
  expect(drops()).toBe(MESSAGES)
  const { empty, short, version, token, greeting, rate } = served.drops
  expect((empty ?? 0) + (short ?? 0) + (version ?? 0) + (token ?? 0) + (greeting ?? 0) + (rate ?? 0)).toBe(
    MESSAGES,
  )
  expect(await peer.sendRecv('served', call('echo', 'still here'))).toBe('still here')
})

test('a hand without the mesh token is refused and not answered', async () => {
  await stranger.send(hand({ meshToken: 'guessed' }))
  await eventually(() => served.drops['mesh-token'] === 1)
  expect(served.peers()).toEqual([])
  expect(warned).toEqual([{ uid: 'stranger' }])
  const outsider = new CommsManager({
    uid: 'outsider',
    meshToken: 'another mesh',
    transports: ['tcp'],
    logger: silent,
  })
  await outsider.start()
  await expect(outsider.connect(addressOf(served), { timeout: 300 })).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
    message: expect.stringContaining('mesh token'),
  })
  await outsider.destroy()
})

test('a batch under a guessed token, or a token of a closed connection, is dropped unread', async () => {
  const peer = await mesh.local('peer')
  await peer.connect(addressOf(served))
  const batch = new OpenBatch(codec)
  batch.append({ kind: Kind.call, id: 1, service: 'test', method: 'echo', args: [1], timeLeft: null }, '')
  await stranger.send([...batch.seal().frames(randomBytes(16), { seq: 1, ack: 0, admitted: 0 })])
  await eventually(() => served.drops.token === 1)
  expect(await peer.sendRecv('served', call('echo', 1))).toBe(1)
})

test('greetings beyond the rate are dropped, and links that stand do not notice', async () => {
  const peer = await mesh.local('peer')
  await peer.connect(addressOf(served))
  const frames = hand({ meshToken: 'guessed' })
  for (let n = 0; n < 8000; n++) await stranger.send(frames)
  await eventually(() => (served.drops['mesh-token'] ?? 0) + (served.drops.rate ?? 0) === 8000)
  expect(served.drops.rate).toBeGreaterThan(0)
  expect(await peer.sendRecv('served', call('echo', 1))).toBe(1)
})

test('a peer that breaks the protocol is refused and told, and no other peer notices', async () => {
  const [good, bad] = [await mesh.local('good'), await mesh.local('bad', {}, { codec: new Liar({}) })]
  await good.connect(addressOf(served))
  await bad.connect(addressOf(served))
  const refused = bad.sendRecv('served', call('lie')).catch((error: unknown) => error)
  await eventually(() => served.drops.protocol === 1)
  expect(await refused).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'served', executed: 'maybe' })
  expect(served.connected('bad')).toBe(false)
  expect(await good.sendRecv('served', call('echo', 1))).toBe(1)
})

/** Sends a call without its arguments. */
class Liar extends MsgpackCodec {
  override encode(value: unknown, attachments: Uint8Array[], peer: string): Uint8Array {
    const lie = Array.isArray(value) && value.includes('lie') ? [Kind.call, 'no id'] : value
    return super.encode(lie, attachments, peer)
  }
}

test.each([
  ['tcp://127.0.0.1:0', 'its port is not within 1 to 65535'],
  ['tcp://127.0.0.1:70000', 'its port is not within 1 to 65535'],
  ['tcp://127.0.0.1:*', 'can be bound, and not dialled'],
  ['ipc://relative', 'its path is not absolute'],
  ['mem://x', 'not of the form'],
])('%s is refused at once: nobody can ever be reached there', async (address, why) => {
  await expect(served.connect(address)).rejects.toMatchObject({
    code: 'ERR_INVALID_ADDRESS',
    message: expect.stringContaining(why),
  })
})
