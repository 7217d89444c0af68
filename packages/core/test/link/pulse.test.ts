import { describe, expect, test } from '@jest/globals'
import { Pulse } from '../../src/link/pulse.js'
import { defaultFlow } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { type Beat, Kind } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { frames } from './fakes.js'

const beat = (n: number, taken = 0): Beat => ({
  kind: Kind.beat,
  n,
  lag: 0,
  running: 0,
  queued: 0,
  sent: 0,
  taken,
})

function pulsing() {
  const session = new Session(1, new MsgpackCodec(), { ...defaultFlow, batchBytes: 1 })
  const pulse = new Pulse(session)
  const send = (bytes = 1): void => {
    session.post({ kind: Kind.reply, id: 1, value: 'x'.repeat(bytes) }, 'peer')
    session.next()
  }
  /** A heart, and its beat at once. */
  const ask = (now: number, taken: number): boolean => {
    pulse.beat(beat(pulse.heart(now).n, taken), now)
    return pulse.isStuck(now)
  }
  return { session, pulse, send, ask }
}

describe('The pulse of a link', () => {
  test('counts hearts, and measures from the last of them to its beat', () => {
    const { pulse } = pulsing()
    expect([pulse.heart(100).n, pulse.heart(200).n]).toEqual([1, 2])
    pulse.beat(beat(1), 250)
    expect(pulse.rtt).toBeUndefined()
    pulse.beat(beat(2), 260)
    expect([pulse.rtt, pulse.last]).toEqual([60, beat(2)])
  })

  test('is stuck when beats have come for five seconds and what was sent has not', () => {
    const { send, ask } = pulsing()
    send()
    expect([ask(1000, 0), ask(5999, 0), ask(6001, 0)]).toEqual([false, false, true])
  })

  test('is not stuck while anything progresses, or nothing was sent', () => {
    const { send, ask } = pulsing()
    expect([ask(0, 0), ask(60_000, 0)]).toEqual([false, false])
    for (let i = 0; i < 10; i++) send()
    for (let i = 1; i < 10; i++) expect(ask(60_000 + 4000 * i, i)).toBe(false)
  })

  test('is not stuck by what was sent after the heart', () => {
    const { pulse, send } = pulsing()
    for (let now = 0; now <= 20_000; now += 1000) {
      const { n } = pulse.heart(now)
      const { taken } = { taken: now / 1000 }
      send()
      pulse.beat(beat(n, taken), now)
      expect(pulse.isStuck(now)).toBe(false)
    }
  })

  test('has a second more for each MiB that is under way', () => {
    const { send, ask } = pulsing()
    send(2 * 1024 ** 2)
    expect([ask(0, 0), ask(6900, 0), ask(7100, 0)]).toEqual([false, false, true])
  })

  test('begins anew with a new connection', () => {
    const { pulse, send, ask } = pulsing()
    send()
    ask(0, 0)
    pulse.push(frames(1))
    pulse.reset()
    expect([pulse.next(), ask(6000, 0), ask(11_001, 0)]).toEqual([undefined, false, true])
  })

  test('keeps only the latest words for a peer that does not read', () => {
    const { pulse } = pulsing()
    for (let i = 1; i <= 6; i++) pulse.push(frames(i))
    const queued = Array.from({ length: 5 }, () => pulse.next())
    expect(queued).toEqual([frames(3), frames(4), frames(5), frames(6), undefined])
  })
})
