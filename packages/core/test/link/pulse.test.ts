import { describe, expect, test } from '@jest/globals'
import { Pulse } from '../../src/link/pulse.js'
import { readBatch } from '../../src/wire/batch.js'
import { type Beat, Kind } from '../../src/wire/message.js'
import { entryOf } from '../peer/entries.js'
import { parts } from './parts.js'

const beat = (n: number): Beat => ({
  kind: Kind.beat,
  n,
  lag: 0,
  running: 0,
  queued: 0,
  sent: 0,
  taken: 0,
})

function pulsing() {
  const { clock, parts: given } = parts()
  const wire = { isOpen: true, wakes: 0 }
  const envelope = {
    token: new Uint8Array(16).fill(7),
    numbers: { seq: 0, ack: 3, admitted: 3 },
    peer: 'peer',
  }
  const pulse = new Pulse(clock, given.codec, {
    wake: () => {
      wire.wakes += 1
    },
    envelope: () => (wire.isOpen ? envelope : undefined),
  })
  const sent = () => {
    const frames = pulse.next()
    return frames && readBatch(frames, given.codec, given.limits, 'peer')
  }
  return { clock, pulse, wire, sent }
}

describe('The pulse of a link', () => {
  test('counts hearts, and measures from the last of them to its beat', async () => {
    const { clock, pulse } = pulsing()
    pulse.heart()
    await clock.advance(100)
    pulse.heart()
    expect(pulse.asked).toBe(2)
    await clock.advance(50)
    pulse.took(beat(1))
    expect(pulse.rtt).toBeUndefined()
    await clock.advance(10)
    pulse.took(beat(2))
    expect([pulse.rtt, pulse.last]).toEqual([60, beat(2)])
  })

  test('sends without a number, with what was taken', () => {
    const { pulse, wire, sent } = pulsing()
    pulse.beat(beat(5))
    expect(sent()).toEqual({ seq: 0, ack: 3, admitted: 3, messages: [beat(5)], unknown: 0 })
    pulse.tellOff(entryOf('peer'), 'protocol: nonsense')
    expect(sent()?.messages).toEqual([
      {
        kind: Kind.disconnect,
        uid: 'peer',
        instance: entryOf('peer').instance,
        reason: 'protocol: nonsense',
      },
    ])
    expect(wire.wakes).toBe(2)
  })

  test('asks nothing, and counts nothing, before anything may be sent', () => {
    const { pulse, wire, sent } = pulsing()
    wire.isOpen = false
    pulse.heart()
    expect([pulse.asked, wire.wakes, sent()]).toEqual([0, 0, undefined])
  })

  test('keeps only the latest words for a peer that does not read, and none for another connection', () => {
    const { pulse, sent } = pulsing()
    for (let i = 1; i <= 6; i++) pulse.heart()
    const hearts = Array.from({ length: 5 }, () => sent()?.messages[0])
    expect(hearts).toEqual([...[3, 4, 5, 6].map((n) => ({ kind: Kind.heart, n })), undefined])
    pulse.heart()
    pulse.reset()
    expect(sent()).toBeUndefined()
  })
})
