import { describe, expect, test } from '@jest/globals'
import { FAULTS, makeSchedule } from '../src/audit/schedule.js'

const options = { members: 5, requests: 10_000, cuts: 20, kills: 3, seed: 7 }

describe('A schedule', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(makeSchedule(options)).toEqual(makeSchedule(options))
    expect(makeSchedule({ ...options, seed: 8 })).not.toEqual(makeSchedule(options))
  })

  test('has as many faults as were asked for, in the order of time and within the requests', () => {
    const schedule = makeSchedule(options)
    expect(schedule.filter(({ fault }) => fault === 'kill')).toHaveLength(3)
    expect(schedule).toHaveLength(23)
    const times = schedule.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(Math.min(...times)).toBeGreaterThan(0)
    expect(Math.max(...times)).toBeLessThan(options.requests)
  })

  test('begins with the faults that only a safeguard survives, and has every kind', () => {
    for (let seed = 0; seed < 20; seed++) {
      const faults = makeSchedule({ ...options, seed, kills: 0 }).map(({ fault }) => fault)
      expect(faults.slice(0, 4).sort()).toEqual(['frozen', 'give-up', 'repeat', 'swap'])
      expect(new Set(faults)).toEqual(new Set(FAULTS))
    }
  })

  test('never kills the member that introduces the others, and names two where two are needed', () => {
    for (const { fault, place, other } of makeSchedule({ ...options, cuts: 500, kills: 100 })) {
      expect(place).toBeLessThan(options.members)
      expect(other).not.toBe(place)
      if (fault === 'kill' || fault === 'give-up') expect(Math.min(place, other)).toBeGreaterThan(0)
    }
  })
})
