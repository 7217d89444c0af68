import { describe, expect, test } from '@jest/globals'
import { Pulse } from '../../src/link/pulse.js'
import { type Beat, Kind } from '../../src/wire/message.js'
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

describe('The pulse of a link', () => {
  test('counts hearts, and measures from the last of them to its beat', () => {
    const pulse = new Pulse()
    expect([pulse.heart(100).n, pulse.heart(200).n]).toEqual([1, 2])
    pulse.beat(beat(1), 250)
    expect(pulse.rtt).toBeUndefined()
    pulse.beat(beat(2), 260)
    expect([pulse.rtt, pulse.last]).toEqual([60, beat(2)])
  })

  test('keeps only the latest words for a peer that does not read', () => {
    const pulse = new Pulse()
    for (let i = 1; i <= 6; i++) pulse.push(frames(i))
    const queued = Array.from({ length: 5 }, () => pulse.next())
    expect(queued).toEqual([frames(3), frames(4), frames(5), frames(6), undefined])
  })
})
