import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import type { Scheme, Transport } from '../../src/transport/transport.js'
import { atEndOfTurn } from '../../src/turn.js'
import { expectSame } from '../support/same.js'
import { dialled, filled, HEARTBEAT, Inbox, listening, numbers, text } from './observed.js'

/** A network that a transport is tried on. */
export interface Ground {
  /** The transport of the side that listens. */
  listener: Transport
  /** The transport of the side that dials. */
  dialler: Transport
  /** A detour to an endpoint that breaks when it is told to. */
  cuttable?(endpoint: string): Promise<{ endpoint: string; cut(): void }>
  close(): Promise<void>
}

export interface Capabilities {
  scheme: Scheme
  /** Whether the loss of a connection is reported; inproc has nothing to report it with. */
  seesLoss: boolean
  /** Whether a frame above the listener's limit costs its sender the connection; inproc knows no such limit. */
  limitsFrames: boolean
}

/** What `transport.ts` promises, for one transport. */
export function complies(name: string, capabilities: Capabilities, prepare: () => Promise<Ground>): void {
  const { scheme, seesLoss, limitsFrames } = capabilities
  const schemes = [scheme]
  const testIf = (isCapable: boolean) => (isCapable ? test : () => {})
  const testLoss = testIf(seesLoss)

  describe(`the ${name} transport`, () => {
    let ground: Ground
    let listener: Transport
    let dialler: Transport

    beforeEach(async () => {
      ground = await prepare()
      listener = ground.listener
      dialler = ground.dialler
    })

    afterEach(() => ground.close())

    test('names what it bound by its scheme', async () => {
      const { inbound } = await listening(listener, { schemes })
      expect(inbound.endpoints).toHaveLength(1)
      expect(inbound.endpoints[0]).toMatch(new RegExp(`^${scheme}://.`))
      expect(dialled(dialler, inbound.endpoints[0] ?? '').outbound.scheme).toBe(scheme)
    })

    test('delivers batches in the order of sending, more than it can hold at once', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const { outbound } = dialled(dialler, endpoint)
      const sent = numbers(sized(5000, 20_000))
      for (const each of sent) await outbound.send(text(each))
      await inbox.has(sent.length)
      expectSame(inbox.texts, sent)
    })

    test('delivers every frame of a batch byte by byte, empty ones and a mebibyte included', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const { outbound } = dialled(dialler, endpoint)
      const view = new Uint8Array(randomBytes(600)).subarray(100, 500)
      const around128 = [127, 128, 129].map((bytes) => randomBytes(bytes))
      const sent = [randomBytes(20), randomBytes(0), randomBytes(1 << 20), view, ...around128]
      await outbound.send(sent)
      await outbound.send([randomBytes(0)])
      await inbox.has(2)
      const received = inbox.batches.map((frames) =>
        frames.map((frame) => Buffer.from(frame).toString('hex')),
      )
      expect(received).toEqual([sent.map((frame) => Buffer.from(frame).toString('hex')), ['']])
    })

    test('gives what arrives memory of its own: the sender may write over its bytes then', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const { outbound } = dialled(dialler, endpoint, { watch: false, ...HEARTBEAT })
      const frame = Buffer.alloc(100_000, 1)
      await outbound.send([frame])
      await inbox.has(1)
      frame.fill(0)
      expect(Buffer.alloc(100_000, 1).equals(inbox.batches[0]?.[0] ?? new Uint8Array())).toBe(true)
    })

    test('reports up once, and not before dial has returned', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      let hasReturned = false
      const early = await new Promise<boolean>((resolve) => {
        const on = { up: () => resolve(!hasReturned), down: () => resolve(true) }
        dialler.dial(endpoint, { watch: true, ...HEARTBEAT }, on)
        hasReturned = true
      })
      expect(early).toBe(false)

      const { outbound, events, up } = dialled(dialler, endpoint)
      await up
      await outbound.send(text('x'))
      await inbox.has(1)
      expect(events).toEqual(['up'])
    })

    test('reports nothing about a connection that is not watched', async () => {
      const { inbox, inbound, endpoint } = await listening(listener, { schemes })
      const { outbound, events } = dialled(dialler, endpoint, { watch: false, ...HEARTBEAT })
      const watched = dialled(dialler, endpoint)
      await outbound.send(text('x'))
      await inbox.has(1)
      await inbound.close()
      if (seesLoss) await watched.down
      expect(events).toEqual([])
    })

    test('holds a send until the connection is up, and delivers it then', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const { outbound } = dialled(dialler, endpoint, { watch: false, ...HEARTBEAT })
      const sent = outbound.send(text('early'))
      await sent
      await inbox.holds('early')
    })

    test('serves several connections at once, each in order', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const sends = ['a', 'b'].map(async (sender) => {
        const { outbound } = dialled(dialler, endpoint)
        for (const each of numbers(500)) await outbound.send(text(sender + each))
      })
      await Promise.all(sends)
      await inbox.has(1000)
      const of = (sender: string) => inbox.texts.filter((each) => each.startsWith(sender))
      expect(of('a')).toEqual(numbers(500).map((each) => `a${each}`))
      expect(of('b')).toEqual(numbers(500).map((each) => `b${each}`))
    })

    testLoss('reports down once when the listener closes, and refuses the next dial', async () => {
      const { inbound, endpoint } = await listening(listener, { schemes })
      const first = dialled(dialler, endpoint)
      await first.up
      await inbound.close()
      expect(await first.down).toBe('connection lost')
      const second = dialled(dialler, endpoint)
      expect(await second.down).toBe('could not connect')
      expect(await dialler.probe(endpoint, 1000)).toBe('refused')
      expect(first.events).toEqual(['up', 'down: connection lost'])
      expect(second.events).toEqual(['down: could not connect'])
    })

    testLoss('keeps what is sent on a lost connection waiting until it is closed', async () => {
      const { inbound, endpoint } = await listening(listener, { schemes })
      const { bare: outbound, down } = dialled(dialler, endpoint)
      await inbound.close()
      await down
      const { waiting } = await filled(outbound)
      outbound.close()
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED', address: endpoint })
    })

    testLoss('reports nothing after close', async () => {
      const { inbound, endpoint } = await listening(listener, { schemes })
      const closedEarly = dialled(dialler, endpoint)
      closedEarly.outbound.close()
      const closedLate = dialled(dialler, endpoint)
      const witness = dialled(dialler, endpoint)
      await Promise.all([closedLate.up, witness.up])
      closedLate.outbound.close()
      await inbound.close()
      await witness.down
      expect(closedEarly.events).toEqual([])
      expect(closedLate.events).toEqual(['up'])
    })

    testLoss('can be closed from within its own callbacks', async () => {
      const { inbound, inbox, endpoint } = await listening(listener, { schemes })
      const events: string[] = []
      const inUp = dialler.dial(
        endpoint,
        { watch: true, ...HEARTBEAT },
        {
          up: () => {
            events.push('up')
            inUp.close()
          },
          down: () => events.push('down'),
        },
      )
      const other = dialled(dialler, endpoint)
      await other.outbound.send(text('x'))
      await inbox.has(1)
      const ended = new Promise<void>((resolve) => {
        const inDown = dialler.dial(
          endpoint,
          { watch: true, ...HEARTBEAT },
          {
            up: () => void inbound.close(),
            down: () => {
              inDown.close()
              resolve()
            },
          },
        )
      })
      await Promise.all([ended, other.down])
      expect(events).toEqual(['up'])
    })

    test('rejects a send after close with ERR_CLOSED', async () => {
      const { endpoint } = await listening(listener, { schemes })
      const { outbound, up } = dialled(dialler, endpoint)
      await up
      outbound.close()
      outbound.close()
      await expect(outbound.send(text('x'))).rejects.toMatchObject({ code: 'ERR_CLOSED', address: endpoint })
    })

    test('rejects a send that waits when its connection is closed', async () => {
      const { inbound, endpoint } = await listening(listener, { schemes })
      await inbound.close()
      const { outbound } = dialled(dialler, endpoint, { watch: false, ...HEARTBEAT })
      const { taken, waiting } = await filled(outbound)
      if (seesLoss) expect(taken).toBe(0)
      outbound.close()
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    })

    test('refuses to bind an address that is taken, and leaves its holder alone', async () => {
      const instance = randomUUID()
      const { inbox, endpoint } = await listening(listener, { schemes, instance })
      const port = Number(/:(\d+)$/.exec(endpoint)?.[1] ?? 0)
      await expect(listening(listener, { schemes, instance, port })).rejects.toMatchObject({
        code: 'ERR_ADDRESS_IN_USE',
        message: expect.stringContaining(endpoint),
      })
      await dialled(dialler, endpoint).outbound.send(text('x'))
      await inbox.has(1)
    })

    test('binds an address again that was closed', async () => {
      const instance = randomUUID()
      const first = await listening(listener, { schemes, instance })
      await first.inbound.close()
      await first.inbound.close()
      const port = Number(/:(\d+)$/.exec(first.endpoint)?.[1] ?? 0)
      const second = await listening(listener, { schemes, instance, port })
      expect(second.endpoint).toBe(first.endpoint)
      await dialled(dialler, second.endpoint).outbound.send(text('x'))
      await second.inbox.has(1)
    })

    test('goes on reading after a callback has thrown', async () => {
      const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
      const inbox = new Inbox()
      const options = { schemes, host: '127.0.0.1', port: 0, instance: randomUUID(), frameBytes: 1024 }
      const fail = () => {
        if (inbox.batches.length < 3) throw new Error('thrown by a callback')
      }
      const { endpoints } = await listener.listen(options, {
        batch(frames) {
          inbox.put(frames)
          fail()
        },
        settled: fail,
      })
      const { outbound } = dialled(dialler, endpoints[0] ?? '')
      await outbound.send(text(0))
      await outbound.send(text(1))
      await inbox.has(2)
      await outbound.send(text(2))
      await inbox.has(3)
      expect(warning.mock.calls.length).toBeGreaterThan(2) // by more than the batches alone
      expect(warning).toHaveBeenCalledWith(expect.stringContaining('thrown by a callback'))
      warning.mockRestore()
    })

    test('tells when what a batch has brought about at once has left', async () => {
      const events: string[] = []
      const options = { schemes, host: '127.0.0.1', port: 0, instance: randomUUID(), frameBytes: 1024 }
      let tell = () => {}
      const settled = new Promise<void>((resolve) => {
        tell = resolve
      })
      const { endpoints } = await listener.listen(options, {
        batch() {
          events.push('batch')
          void Promise.resolve().then(() => atEndOfTurn(() => events.push('answer')))
        },
        settled() {
          events.push('settled')
          tell()
        },
      })
      await dialled(dialler, endpoints[0] ?? '').outbound.send(text('x'))
      await settled
      expect(events).toEqual(['batch', 'answer', 'settled'])
    })

    testIf(limitsFrames)('drops who sends a frame above the limit, and nobody else', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes, frameBytes: 1024 })
      const greedy = dialled(dialler, endpoint)
      const modest = dialled(dialler, endpoint)
      await modest.outbound.send(text('before'))
      await greedy.outbound.send([Buffer.alloc(1025)])
      await greedy.down
      await modest.outbound.send(text('after'))
      await inbox.holds('after')
      expect(inbox.texts).toEqual(['before', 'after'])
      expect(modest.events).toEqual(['up'])
    })

    testLoss('delivers a prefix of what was sent when the connection is cut', async () => {
      if (ground.cuttable === undefined) throw new Error('this ground has no cuttable connection')
      const { inbox, endpoint } = await listening(listener, { schemes })
      const detour = await ground.cuttable(endpoint)
      const { bare: outbound, down } = dialled(dialler, detour.endpoint)
      const flood = (async () => {
        for (let i = 0; ; i++) await outbound.send([Buffer.from(String(i)), Buffer.alloc(10_000)])
      })()
      await inbox.has(300)
      detour.cut()
      await down
      outbound.close()
      await expect(flood).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      // What the listener has already taken in is read before this, or beside it.
      await dialled(dialler, endpoint).outbound.send(text('marker'))
      await inbox.holds('marker')
      const arrived = inbox.texts.filter((each) => each !== 'marker')
      expect(arrived).toEqual(numbers(arrived.length))
    })

    test('refuses an endpoint that is none of its own', async () => {
      for (const endpoint of ['', 'nonsense', `${scheme}://`, 'udp://127.0.0.1:1']) {
        expect(() => dialled(dialler, endpoint)).toThrow(
          expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }),
        )
        await expect(dialler.probe(endpoint, 100)).rejects.toMatchObject({ code: 'ERR_INVALID_ADDRESS' })
      }
    })

    test('closes everything with the transport, twice if asked to, and opens nothing afterwards', async () => {
      const { inbox, endpoint } = await listening(listener, { schemes })
      const { outbound, events, up } = dialled(dialler, endpoint)
      await up
      await outbound.send(text('x'))
      await inbox.has(1)
      await dialler.close()
      await dialler.close()
      await listener.close()
      await expect(outbound.send(text('x'))).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      await expect(listening(listener, { schemes })).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      expect(() => dialled(dialler, endpoint)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
      expect(events).toEqual(['up'])
    })
  })
}
