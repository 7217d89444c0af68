import { describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { Acknowledger } from '../../src/link/acknowledger.js'
import { defaultFlow } from '../../src/options.js'

function acknowledging() {
  const clock = new TurnedClock()
  let asked = 0
  const flow = { ...defaultFlow, windowBytes: 800, ackDelay: 20 }
  const acknowledger = new Acknowledger(clock, flow, () => {
    asked += 1
  })
  return { clock, acknowledger, asked: () => asked }
}

describe('An acknowledgement', () => {
  test('waits for a message to travel with, and then leaves alone', async () => {
    const { clock, acknowledger, asked } = acknowledging()
    acknowledger.took([new Uint8Array(10)])
    acknowledger.settle()
    await clock.advance(10)
    acknowledger.took([new Uint8Array(10)])
    acknowledger.settle()
    await clock.advance(9)
    expect([acknowledger.isDue, asked()]).toEqual([false, 0])
    await clock.advance(1)
    expect([acknowledger.isDue, asked()]).toEqual([true, 1])
  })

  test('that has left with a message need not leave alone', async () => {
    const { clock, acknowledger, asked } = acknowledging()
    acknowledger.took([new Uint8Array(10)])
    acknowledger.settle()
    acknowledger.left()
    await clock.advance(100)
    expect([acknowledger.isDue, asked(), clock.pending]).toEqual([false, 0, 0])
  })

  test('that leaves with an answer in the same turn sets no timer', () => {
    const { clock, acknowledger } = acknowledging()
    acknowledger.took([new Uint8Array(10)])
    acknowledger.left()
    acknowledger.settle()
    expect(clock.pending).toBe(0)
  })

  test('leaves at once when an eighth of the window was taken since the last', async () => {
    const { acknowledger, asked } = acknowledging()
    acknowledger.took([new Uint8Array(40), new Uint8Array(59)])
    expect(asked()).toBe(0)
    acknowledger.took([new Uint8Array(1)])
    expect([acknowledger.isDue, asked()]).toEqual([true, 1])
    acknowledger.left()
    acknowledger.took([new Uint8Array(99)])
    expect([acknowledger.isDue, asked()]).toEqual([false, 1])
  })

  test('is waited for anew after each that has left', async () => {
    const { clock, acknowledger, asked } = acknowledging()
    for (let i = 1; i <= 3; i++) {
      acknowledger.took([new Uint8Array(1)])
      acknowledger.settle()
      await clock.advance(20)
      expect(asked()).toBe(i)
      acknowledger.left()
    }
  })

  test('leaves no timer when its link is closed', () => {
    const { clock, acknowledger } = acknowledging()
    acknowledger.took([new Uint8Array(1)])
    acknowledger.settle()
    expect(clock.pending).toBe(1)
    acknowledger.close()
    acknowledger.settle()
    expect(clock.pending).toBe(0)
  })
})
