import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import type { CommsManager } from '../../src/comms-manager.js'
import { defaultFlow } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import type { Frames } from '../../src/transport/transport.js'
import { readBatch } from '../../src/wire/batch.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { Kind } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { addressOf, call as callOf, methods, TestMesh } from '../support/mesh.js'
import { call, failureOf, MemoryMesh } from './memory-mesh.js'

useLedger()

const MIB = 1024 ** 2

describe('A large binary', () => {
  const limits = { ...defaultLimits, frameBytes: MIB, batchBytes: 4 * MIB }
  let mesh: MemoryMesh
  let taken: Uint8Array[]
  let a: CommsManager
  beforeEach(async () => {
    mesh = new MemoryMesh()
    taken = []
    const take = (_: unknown, binary: Uint8Array) => void taken.push(binary)
    a = await mesh.runtime('a', {}, {}, { limits })
    await mesh.link(a, await mesh.runtime('b', { take }, {}, { limits }))
  })
  afterEach(() => mesh.close())

  /** The frames that left from `uid` and hold attachments. */
  const attached = (): Uint8Array[] => (mesh.left.get('a') ?? []).flatMap((frames: Frames) => frames.slice(1))

  test('leaves as the very bytes that were given, also when it is sent again on another connection', async () => {
    const whole = new Uint8Array(MIB).fill(1)
    const part = new Uint8Array(MIB).subarray(1000, 10_000).fill(2)
    mesh.network.partition('a', 'b')
    const asked = a.sendRecv('b', call('take', whole))
    await a.send('b', call('take', part), { uncopied: true })
    await mesh.clock.advance(10)
    mesh.network.cut('a', 'b')
    mesh.network.heal()
    await mesh.clock.advance(3000)
    await asked
    const frames = attached()
    expect(frames).toHaveLength(4)
    for (const frame of frames) {
      const given = frame.length === whole.length ? whole : part
      expect(frame.buffer === given.buffer).toBe(true)
      expect([frame.byteOffset, frame.length]).toEqual([given.byteOffset, given.length])
    }
    expect(taken.map((binary) => [binary.length, binary[0]])).toEqual([
      [MIB, 1],
      [9000, 2],
    ])
  })

  test('is let go once it is acknowledged: what its owner writes then is nobody’s business', async () => {
    const binary = new Uint8Array(10_000).fill(1)
    await a.send('b', call('take', binary), { uncopied: true })
    await mesh.clock.advance(1000)
    expect(a.peers()[0]?.queued).toBe(0)
    binary.fill(2)
    mesh.network.cut('a', 'b')
    await mesh.clock.advance(3000)
    expect(attached()).toHaveLength(1)
    expect(taken.map((each) => each[0])).toEqual([1])
  })

  test('over the limit is refused before anything of it is posted', async () => {
    const before = mesh.left.get('a')?.length
    const large = new Uint8Array(limits.frameBytes + 1)
    for (const verb of ['send', 'sendRecv'] as const) {
      const failure = await failureOf(a[verb]('b', call('take', large)))
      expect(failure).toMatchObject({ code: 'ERR_TOO_LARGE', path: 'args[0]', executed: 'no' })
    }
    expect(a.peers()[0]?.queued).toBe(0)
    await mesh.clock.advance(15)
    expect(mesh.left.get('a')?.length).toBe(before)
    await a.send('b', call('take', large.subarray(1)))
    await mesh.clock.advance(15)
    expect(taken).toHaveLength(1)
  })
})

describe('Who expects no answer may write over a buffer', () => {
  let mesh: MemoryMesh
  let a: CommsManager
  let taken: [length: number, first: number, last: number][]
  const take = (_: unknown, binary: Uint8Array) =>
    void taken.push([binary.length, binary[0] ?? -1, binary.at(-1) ?? -1])
  beforeEach(async () => {
    taken = []
    mesh = new MemoryMesh()
    a = await mesh.runtime('a', { take })
    await mesh.link(a, await mesh.runtime('b', { take }))
  })
  afterEach(() => mesh.close())

  test.each(['a', 'b'])('once it is sent to %s', async (uid) => {
    const block = new Uint8Array(5000)
    for (let n = 0; n < 20; n++) await a.send(uid, call('take', block.fill(n)))
    block.fill(99)
    await mesh.clock.advance(100)
    expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => [5000, n, n]))
  })

  test('once it is sent to a resident object', async () => {
    const block = new Uint8Array(5000).fill(1)
    await a.cmd('b', { type: 'T', object: 'o', method: 'take', args: [block] })
    block.fill(99)
    await mesh.clock.advance(100)
    expect(taken).toEqual([[5000, 1, 1]])
  })

  test('also while the other side is not there', async () => {
    mesh.network.partition('a', 'b')
    const block = new Uint8Array(5000)
    for (let n = 0; n < 20; n++) await a.send('b', call('take', block.fill(n)))
    block.fill(99)
    mesh.network.heal()
    await mesh.clock.advance(5000)
    expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => [5000, n, n]))
  })
})

describe('Who answers may use a buffer again for the next answer', () => {
  let mesh: MemoryMesh
  let a: CommsManager
  beforeEach(async () => {
    mesh = new MemoryMesh()
    a = await mesh.runtime('a')
    const block = new Uint8Array(5000)
    const fill = (_: unknown, n: number) => block.fill(n)
    const fail = (_: unknown, n: number) => {
      throw Object.assign(new TypeError('broken'), { block: block.fill(n) })
    }
    function* failing(_: unknown, n: number) {
      yield n
      queueMicrotask(() => block.fill(99)) // before the turn has ended, at whose end it leaves
      fail(_, n)
    }
    async function* blocks() {
      for (let n = 0; n < 50; n++) yield n % 2 === 0 ? block.fill(n) : new Map([['block', block.fill(n)]])
      return block.fill(50)
    }
    await mesh.link(a, await mesh.runtime('b', { fill, blocks, fail, failing }))
  })
  afterEach(() => mesh.close())

  test('a method with what it returns', async () => {
    const all = Array.from({ length: 20 }, (_, n) => a.sendRecv('b', call('fill', n)))
    const answers = (await mesh.inTime(Promise.all(all))) as Uint8Array[]
    expect(answers.map((block) => [block.length, block[0], block.at(-1)])).toEqual(
      answers.map((_, n) => [5000, n, n]),
    )
  })

  test('a method with what it throws', async () => {
    const all = Array.from({ length: 20 }, (_, n) => failureOf(a.sendRecv('b', call('fail', n))))
    const errors = (await mesh.inTime(Promise.all(all))) as unknown as { block: Uint8Array }[]
    expect(errors.map(({ block }) => [block.length, block[0], block.at(-1)])).toEqual(
      errors.map((_, n) => [5000, n, n]),
    )
  })

  test('a generator with what it throws', async () => {
    const items = (await mesh.inTime(a.sendRecv('b', call('failing', 7)))) as AsyncIterator<unknown>
    await mesh.inTime(items.next())
    const { block } = (await mesh.inTime(failureOf(items.next()))) as { block: Uint8Array }
    expect([block.length, block[0], block.at(-1)]).toEqual([5000, 7, 7])
  })

  test('a generator with what it yields and returns', async () => {
    const stream = (await mesh.inTime(a.sendRecv('b', call('blocks')))) as AsyncIterator<unknown, unknown>
    const blocks: Uint8Array[] = []
    let result: IteratorResult<unknown, unknown>
    do {
      result = await mesh.inTime(stream.next())
      blocks.push(result.value instanceof Map ? result.value.get('block') : result.value)
    } while (result.done !== true)
    expect(blocks.map((block) => [block.length, block[0], block.at(-1)])).toEqual(
      Array.from({ length: 51 }, (_, n) => [5000, n, n]),
    )
  })
})

test('A large binary is read as a view of the frame in which it came', () => {
  const codec = new MsgpackCodec()
  const session = new Session(1, codec, defaultFlow)
  const given = new Float64Array(MIB / 8).fill(1.5)
  session.post(
    { kind: Kind.call, id: 1, service: 's', method: 'm', args: [{ given }], timeLeft: null },
    'peer',
  )
  const frames = session.next()?.batch.frames(new Uint8Array(16), { seq: 1, ack: 0, admitted: 0 }) ?? []
  expect(frames[1]?.buffer === given.buffer).toBe(true)
  const received = frames.map((frame) => new Uint8Array(frame))
  const [message] = readBatch(received, codec, defaultLimits, 'peer').messages
  const [value] = message?.kind === Kind.call ? message.args : []
  const { given: view } = value as { given: Float64Array }
  expect(view.buffer === received[1]?.buffer).toBe(true)
  expect([view.length, view[0], view.at(-1)]).toEqual([given.length, 1.5, 1.5])
})

const SENT = sized(32, 64)

describe(`Of ${SENT} MiB over tcp`, () => {
  let mesh: TestMesh
  beforeEach(() => {
    mesh = new TestMesh('tcp')
  })
  afterEach(() => mesh.close())

  test('this side makes no copy: while they wait they cost what was given, and the receiver’s are what came', async () => {
    const taken: Uint8Array[] = []
    const a = await mesh.local('a')
    const b = await mesh.local(
      'b',
      {},
      { dispatch: methods({ take: (x: Uint8Array) => void taken.push(x) }) },
    )
    await a.connect(addressOf(b))
    const given = Array.from({ length: SENT }, (_, n) => new Uint8Array(MIB).fill(n))
    const before = process.memoryUsage().arrayBuffers
    for (const binary of given) await a.send('b', callOf('take', binary), { uncopied: true })
    const posted = process.memoryUsage().arrayBuffers - before
    expect(posted).toBeLessThan(2 * MIB)
    await eventually(() => taken.length === SENT)
    const arrived = process.memoryUsage().arrayBuffers - before
    // What libzmq has received counts as external, not among these.
    expect(arrived).toBeLessThan((SENT + 8) * MIB)
    expect(taken.map((binary) => [binary.length, binary[0], binary.at(-1)])).toEqual(
      taken.map((_, n) => [MIB, n, n]),
    )
    expect(given.every((binary, n) => binary[0] === n)).toBe(true)
  })
})
