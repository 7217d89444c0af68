import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Frames, Transport } from '@skein/core/internal'
import { TamperingTransport } from '../src/audit/tampering.js'

/** A batch of a connection, told by the first letter of its token, as `docs/protocol.md` has it. */
function batch(connection: string, seq: number): Frames {
  const header = [0x94, seq, 0, 0, 0x90]
  return [Buffer.concat([Buffer.from([1]), Buffer.alloc(16, connection), Buffer.from(header)])]
}

describe('What a tampering transport hands over', () => {
  let receive: (frames: Frames) => void
  let transport: TamperingTransport
  let received: string[]

  beforeEach(async () => {
    const inner: Transport = {
      async listen(_, on) {
        receive = on.batch
        return { endpoints: ['tcp://127.0.0.1:1'], close: async () => {} }
      },
      dial() {
        throw new Error('nobody dials here')
      },
      probe: async () => 'unknown',
      close: async () => {},
    }
    received = []
    transport = new TamperingTransport(inner, () => ['tcp://127.0.0.1:2'])
    const options = {
      schemes: [],
      host: '127.0.0.1',
      port: 0,
      instance: 'one',
      frameBytes: 1,
    }
    const inbound = await transport.listen(options, {
      batch([frame]) {
        received.push(`${String.fromCharCode(frame?.[1] ?? 0)}${frame?.[18]}`)
      },
      settled() {},
    })
    expect(inbound.endpoints).toEqual(['tcp://127.0.0.1:2'])
  })

  const come = (...batches: string[]) => {
    for (const each of batches) receive(batch(each.slice(0, 1), Number(each.slice(1))))
  }

  test('is what came, until it is told otherwise', () => {
    come('a1', 'b1', 'a2', 'a0')
    expect(received).toEqual(['a1', 'b1', 'a2', 'a0'])
  })

  test('comes twice, as often as asked for, and only if it has a number', () => {
    transport.repeat(2)
    come('a1', 'a0', 'b1', 'a2')
    expect(received).toEqual(['a1', 'a1', 'a0', 'b1', 'b1', 'a2'])
  })

  test('comes in the wrong order within a connection', () => {
    transport.swap(1)
    come('a1', 'b1', 'a2', 'a3')
    expect(received).toEqual(['a2', 'a1', 'b1', 'a3'])
  })

  test('of the connections that there are comes late, behind the first of another', () => {
    come('a1')
    transport.withhold('present')
    come('a2', 'a0', 'b1', 'a3')
    expect(received).toEqual(['a1', 'a0', 'b1'])
    transport.release()
    come('b2', 'a4', 'c1')
    expect(received.slice(3)).toEqual(['b2', 'c1', 'a2', 'a3', 'a4'])
  })

  test('of connections to come is withheld, and comes behind the first of one after those', () => {
    come('a1')
    transport.withhold('future')
    come('b1', 'a2', 'b2')
    expect([received, transport.kept]).toEqual([['a1', 'a2'], 2])
    transport.release()
    come('b3', 'c1', 'c2')
    expect(received).toEqual(['a1', 'a2', 'c1', 'b1', 'b2', 'b3', 'c2'])
  })

  test('comes at once when it behaves again', () => {
    transport.withhold('future')
    come('a1', 'a2')
    transport.behave()
    come('a3')
    expect(received).toEqual(['a1', 'a2', 'a3'])
  })
})
