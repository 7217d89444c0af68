import { describe, expect, test } from '@jest/globals'
import { crashed, isTheirs } from '../../src/link/proof.js'
import { FakeTransport } from './fakes.js'

const ipc = 'ipc:///tmp/a'
const tcp = 'tcp://127.0.0.1:3000'
const inproc = 'inproc://a'

function asked(...verdicts: Parameters<Map<string, 'refused' | 'accepted' | 'unknown' | Error>['set']>[]) {
  const transport = new FakeTransport()
  for (const [endpoint, verdict] of verdicts) transport.verdicts.set(endpoint, verdict)
  return (...endpoints: string[]) => crashed(transport, { instance: 'i1', endpoints }, 250)
}

describe('A runtime on this host', () => {
  test('is gone if every address of it is refused', async () => {
    expect(await asked([ipc, 'refused'], [tcp, 'refused'])(ipc, tcp)).toBe(true)
    expect(await asked([ipc, 'refused'])(inproc, ipc)).toBe(true)
  })

  test('is not gone if one address is accepted, or nobody knows', async () => {
    expect(await asked([ipc, 'refused'], [tcp, 'accepted'])(ipc, tcp)).toBe(false)
    expect(await asked([ipc, 'refused'], [tcp, 'unknown'])(ipc, tcp)).toBe(false)
  })

  test('is gone if the path that bears its instance is refused, whoever may hold its port by now', async () => {
    const own = 'ipc:///tmp/skein/i1'
    expect(await asked([own, 'refused'], [tcp, 'unknown'])(own, tcp)).toBe(true)
    expect(await asked([own, 'unknown'], [tcp, 'refused'])(own, tcp)).toBe(false)
    expect(await asked([own, 'accepted'], [tcp, 'refused'])(own, tcp)).toBe(false)
    // Somebody has taken its file away, and it answers at its port.
    expect(await asked([own, 'refused'], [tcp, 'accepted'])(own, tcp)).toBe(false)
  })

  test('is not gone if there is no address to ask about', async () => {
    expect(await asked([inproc, 'refused'])(inproc)).toBe(false)
    expect(await asked()('quic://later:1')).toBe(false)
    expect(await asked()()).toBe(false)
  })

  test('is not gone if an address that it tells of itself can not be asked about', async () => {
    const invalid = 'tcp://127.0.0.1:99999'
    expect(await asked([ipc, 'refused'], [invalid, new Error('ERR_INVALID_ADDRESS')])(ipc, invalid)).toBe(
      false,
    )
  })
})

describe('An endpoint', () => {
  test('is still the peer’s unless somebody else is found there', async () => {
    const transport = new FakeTransport()
    const peer = { instance: 'i1' }
    const ask = (endpoint: string) => isTheirs(transport, peer, endpoint, 250)
    expect(await ask(tcp)).toBe(true) // nobody knows
    for (const verdict of ['accepted', new Error('ERR_INVALID_ADDRESS')] as const) {
      transport.verdicts.set(tcp, verdict)
      expect(await ask(tcp)).toBe(true)
    }
    transport.verdicts.set(tcp, 'refused')
    expect(await ask(tcp)).toBe(false)
  })
})
