import { describe, expect, test } from '@jest/globals'
import { Circuit } from '../../src/link/circuit.js'
import type { Frames } from '../../src/transport/transport.js'
import { frames } from './fakes.js'
import { parts } from './parts.js'

const ipc = 'ipc:///tmp/a'
const tcp = 'tcp://127.0.0.1:1'
const inproc = 'inproc://a'

function closed() {
  const { clock, transport, parts: given } = parts()
  const log: string[] = []
  const data: Frames[] = []
  const control: Frames[] = []
  const circuit = new Circuit(given, {
    connected: () => log.push('connected'),
    lost: () => log.push('lost'),
    unreachable: () => log.push('unreachable'),
    again: () => log.push(`again at ${clock.now()}`),
    unanswered: () => log.push(`unanswered at ${clock.now()}`),
    nextData: () => data.shift(),
    nextControl: () => control.shift(),
  })
  const dial = async (...endpoints: string[]): Promise<void> => {
    circuit.dial(endpoints)
    await clock.advance(0)
  }
  return { clock, transport, circuit, log, data, control, dial }
}

describe('A circuit', () => {
  test('sends data and control on a connection each, once it stands', async () => {
    const { transport, circuit, log, data, control, dial } = closed()
    data.push(frames(1))
    control.push(frames(2))
    await dial(ipc)
    circuit.wakeData()
    expect([circuit.isConnected, circuit.lane]).toEqual([false, undefined])
    transport.latest().on.up()
    expect([circuit.isConnected, circuit.lane, log]).toEqual([true, 'ipc', ['connected']])
    circuit.wakeData()
    circuit.wakeControl()
    expect(transport.dialled.map(({ sent }) => sent)).toEqual([[frames(2)], [frames(1)]])
  })

  test('asks to be dialled again at once after a first loss, and later and later while nobody answers', async () => {
    const { clock, transport, circuit, log, dial } = closed()
    const instants: number[] = []
    for (let i = 0; i < 8; i++) {
      await dial(tcp)
      const lostAt = clock.now()
      transport.latest().on.down('refused')
      expect([log.pop(), circuit.lastFailure]).toEqual(['unreachable', `${tcp}: refused`])
      while (log.length === 0) await clock.advance(1)
      instants.push(Number(log.pop()?.replace('again at ', '')) - lostAt)
    }
    expect(instants).toEqual([0, 50, 100, 200, 400, 800, 1000, 1000])
  })

  test('asks to be dialled at once after a loss, once the peer has answered', async () => {
    const { clock, transport, circuit, log, dial } = closed()
    for (let i = 0; i < 5; i++) {
      await dial(tcp)
      transport.latest().on.down('refused')
      await clock.advance(1000)
    }
    await dial(tcp)
    transport.latest().on.up()
    circuit.confirmed()
    log.length = 0
    transport.dialled.at(-2)?.on.down('lost')
    await clock.advance(0)
    expect(log).toEqual(['lost', `again at ${clock.now()}`])
    expect(transport.open).toEqual([])
  })

  test('counts a connection that refuses a message as lost, once', async () => {
    const { transport, circuit, log, data, dial } = closed()
    await dial(tcp)
    transport.latest().on.up()
    data.push(frames(1))
    circuit.wakeData()
    await transport.latest().refuse(new Error('no route'))
    transport.dialled[0]?.on.down('late')
    expect([log, circuit.lastFailure, circuit.isConnected]).toEqual([
      ['connected', 'lost'],
      'no route',
      false,
    ])
  })

  test('says when nobody answers the greeting, with more patience each time, up to five times', async () => {
    const { clock, transport, log, dial } = closed()
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      await dial(tcp)
      transport.latest().on.up()
      const since = clock.now()
      log.length = 0
      while (log.length === 0) await clock.advance(500)
      waits.push(clock.now() - since)
    }
    expect(waits).toEqual([2000, 4000, 8000, 10_000, 10_000])
  })

  test('does not wait for an answer that has come', async () => {
    const { clock, transport, circuit, log, dial } = closed()
    await dial(tcp)
    transport.latest().on.up()
    circuit.confirmed()
    await clock.advance(60_000)
    expect([log, clock.pending]).toEqual([['connected'], 0])
  })

  test('tries an inproc endpoint that stood and was silent last, until the peer has answered', async () => {
    const { clock, transport, circuit, dial } = closed()
    await dial(inproc, tcp)
    transport.latest().on.up()
    await clock.advance(2000)
    await dial(inproc, tcp)
    expect(transport.latest().endpoint).toBe(tcp)
    transport.latest().on.up()
    circuit.confirmed()
    await dial(inproc, tcp)
    expect(transport.latest().endpoint).toBe(inproc)
  })

  test('tries a doubtful endpoint all the same where there is no other', async () => {
    const { clock, transport, dial } = closed()
    await dial(inproc)
    transport.latest().on.up()
    await clock.advance(2000)
    await dial(inproc)
    expect(transport.latest().endpoint).toBe(inproc)
  })

  test('closes the connection that is there before it makes another', async () => {
    const { transport, dial } = closed()
    await dial(tcp)
    transport.latest().on.up()
    const old = [...transport.dialled]
    await dial(ipc)
    expect(old.every(({ isClosed }) => isClosed)).toBe(true)
    expect(transport.open.map(({ endpoint }) => endpoint)).toEqual([ipc])
  })

  test('says nothing once it is closed, and leaves no timer', async () => {
    const { clock, transport, circuit, log, dial } = closed()
    await dial(tcp)
    circuit.close()
    transport.latest().on.up()
    await clock.advance(60_000)
    await dial(tcp)
    transport.latest().on.down('refused')
    circuit.close()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(log).toEqual(['unreachable'])
  })
})
