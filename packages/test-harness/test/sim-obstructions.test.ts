import { describe, expect, test } from '@jest/globals'
import { Obstructions } from '../src/sim/obstructions.js'
import type { Fault, FaultKind } from '../src/sim/plan.js'

const fault = (kind: FaultKind, at: number, until: number, member = 1, other = 2): Fault => ({
  kind,
  at,
  until,
  member,
  other,
  size: 0,
})

describe('What was between two runtimes', () => {
  test('excuses a death when it has lasted as long as a suspicion, and for as long as it is felt', () => {
    const { excuse } = excusing(fault('partition', 10_000, 14_000))
    expect([11_900, 12_100, 14_000, 22_900, 23_100].map((now) => excuse(now))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
  })

  test('excuses nothing where it was short, unless another came too soon after it', () => {
    const [first, second] = [fault('one-way', 10_000, 11_500), fault('refused', 12_500, 13_500, 2, 5)]
    expect(excusing(first).excuse(13_600)).toBe(false)
    expect(excusing(second).excuse(13_600)).toBe(false)
    expect(excusing(first, second).excuse(13_600)).toBe(true)
  })

  test.each<FaultKind>(['delay', 'cut', 'stall', 'drift', 'repeat', 'swap'])('is not %s', (kind) => {
    const { excuse, obstructions } = excusing(fault(kind, 10_000, 20_000))
    expect([excuse(19_000), obstructions.any(1, 2, { from: 0, to: 60_000 })]).toEqual([false, false])
  })

  test('is nothing between two others', () => {
    const { obstructions } = excusing(
      fault('partition', 10_000, 20_000),
      fault('half-open', 10_000, 20_000, 3),
    )
    expect(obstructions.excuse(1, 4, 19_000)).toBe(false)
    expect(obstructions.excuse(3, 4, 19_000)).toBe(true)
  })
})

/** Whether the first of two may be excused for taking the second for dead. */
function excusing(...faults: Fault[]) {
  const obstructions = new Obstructions(faults)
  return { obstructions, excuse: (now: number) => obstructions.excuse(1, 2, now) }
}
