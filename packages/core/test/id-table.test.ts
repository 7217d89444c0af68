import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IdTable } from '../src/id-table.js'
import { expectSame } from './support/same.js'

interface Entry {
  readonly id: number
}

describe('A table of ids', () => {
  test('holds what a Map would', () => {
    // Few ids, so that they meet again; and some that share a place with others in tables of any size.
    const id = fc.oneof(
      fc.nat(200),
      fc.nat(20).map((n) => n * 2 ** 32),
      fc.nat(20).map((n) => n * 64),
    )
    const step = fc.tuple(fc.constantFrom('set', 'delete', 'clear' as const), id)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1000 }), (steps) => {
        const table = new IdTable<Entry>()
        const model = new Map<number, Entry>()
        for (const [what, id] of steps) {
          if (what === 'clear' && id < 190) continue // seldom
          const entry = { id }
          if (what === 'set') {
            table.set(id, entry)
            model.set(id, entry)
          } else if (what === 'delete') expectSame(table.delete(id), model.delete(id))
          else {
            table.clear()
            model.clear()
          }
          expectSame(table.get(id) === model.get(id), true)
        }
        const expected = [...model.values()].sort((a, b) => a.id - b.id)
        expectSame([table.size, table.values()], [model.size, expected])
        for (const known of model.keys()) expectSame(table.has(known), true)
      }),
    )
  })

  test('gives what was there, whatever comes and goes while it is looked through', () => {
    const table = new IdTable<Entry>()
    for (const id of [3, 1, 2]) table.set(id, { id })
    const seen: number[] = []
    for (const { id } of table.values()) {
      seen.push(id)
      table.delete(4 - id)
      table.set(100 + id, { id })
    }
    expect(seen).toEqual([1, 2, 3])
  })

  test('counts those that are so', () => {
    const table = new IdTable<Entry>()
    for (const id of [1, 2, 3, 2 ** 32 + 1]) table.set(id, { id })
    expect(table.count(({ id }) => id !== 2)).toBe(3)
  })

  test('keeps hundreds that follow each other, however many came before', () => {
    const table = new IdTable<Entry>()
    for (let id = 1; id <= 100_000; id++) {
      table.set(id, { id })
      if (id > 256) table.delete(id - 256)
    }
    expect(table.size).toBe(256)
    expect(table.values()[0]).toEqual({ id: 99_745 })
  })

  test('begins anew when it is empty, and holds what comes then', () => {
    const table = new IdTable<Entry>()
    for (let round = 0; round < 3; round++) {
      for (let id = 1; id <= 10_000; id++) table.set(id, { id })
      let deleted = 0
      for (let id = 1; id <= 10_000; id++) if (table.delete(id)) deleted += 1
      expect([deleted, table.size, table.values()]).toEqual([10_000, 0, []])
    }
    table.set(70, { id: 70 })
    expect(table.get(70)).toEqual({ id: 70 })
  })
})
