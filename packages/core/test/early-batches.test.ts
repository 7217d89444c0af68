import { describe, expect, test } from '@jest/globals'
import type { Incoming } from '../src/comms/incoming.js'
import { type Header, readHeader } from '../src/wire/header.js'
import { MemoryMesh } from './support/memory.js'
import { addressOf } from './support/mesh.js'
import { noting } from './support/noting.js'

/** So large that it leaves in the midst of a turn. */
const LARGE = 65_536

const read = (args: readonly unknown[] = []) => ({ service: 'disk', method: 'read', args })

describe('What leaves in the midst of a turn', () => {
  test('acknowledges nothing that is being taken in, and that at the end of the turn', async () => {
    const mesh = new MemoryMesh()
    const sent: Header[] = []
    const note = (frames: readonly Uint8Array[]) => sent.push(readHeader(frames[0] ?? new Uint8Array()))
    const transport = noting(mesh.network.transport('b'), note, 'data')
    const a = await mesh.runtime('a')
    const ran: number[] = []
    const dispatch = () => {
      ran.push(sent.length)
      return new Uint8Array(LARGE)
    }
    const b = await mesh.runtime('b', {}, { transport, dispatch })
    await mesh.settled(a.connect(addressOf(b)))
    await mesh.settled(a.sendRecv('b', read()))
    await mesh.clock.advance(1000)

    const from = sent.length
    const taken = sent.at(-1)?.ack ?? 0
    ran.length = 0
    await mesh.settled(Promise.all([1, 2, 3].map(() => a.sendRecv('b', read()))))
    await mesh.clock.advance(1000)
    // The first answer had left before the second request ran.
    expect(ran).toEqual([from, from + 1, from + 1])
    const acks = sent.slice(from).map(({ ack, admitted }) => [ack, admitted])
    expect(acks[0]).toEqual([taken, taken])
    expect(acks.at(-1)?.[0]).toBeGreaterThan(taken)
    await mesh.close()
  })

  test('and is given up while it is encoded may run, and is told so there', async () => {
    const mesh = new MemoryMesh()
    const a = await mesh.runtime('a')
    const reasons: unknown[] = []
    const dispatch = ({ signal }: Incoming) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(reasons.push(signal.reason)))
      })
    const b = await mesh.runtime('b', {}, { dispatch })
    await mesh.settled(a.connect(addressOf(b)))

    const { signal, abort } = withAbort()
    const record = {
      get bytes() {
        abort()
        return new Uint8Array(LARGE)
      },
    }
    const reply = a.sendRecv('b', read([record]), { signal })
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', executed: 'maybe' })
    await mesh.clock.advance(1000)
    expect(reasons).toHaveLength(1)
    await mesh.close()
  })
})

function withAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
