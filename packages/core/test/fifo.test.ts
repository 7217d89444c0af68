import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Fifo } from '../src/fifo.js'
import { expectSame } from './support/same.js'

describe('A Fifo', () => {
  test('gives back what it was given, in order, and shows it by its distance from the front', () => {
    const moves = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.nat() }, { weight: 2, arbitrary: fc.constant('shift') }),
      {
        maxLength: 200,
      },
    )
    fc.assert(
      fc.property(moves, (all) => {
        const fifo = new Fifo<unknown>()
        const model: unknown[] = []
        for (const move of all) {
          if (move === 'shift') expectSame(fifo.shift(), model.shift())
          else {
            fifo.push(move)
            model.push(move)
          }
          expectSame(fifo.length, model.length)
          for (const distance of [0, 1, model.length - 1, model.length]) {
            expectSame(fifo.at(distance), model[distance])
          }
        }
      }),
    )
  })

  test('keeps its order while it grows and shrinks by thousands', () => {
    const fifo = new Fifo<number>()
    let pushed = 0
    let shifted = 0
    for (const [push, shift] of [
      [5000, 3000],
      [1000, 2900],
      [4000, 4100],
    ] as const) {
      for (let i = 0; i < push; i++) fifo.push(pushed++)
      for (let i = 0; i < shift; i++) expectSame(fifo.shift(), shifted++)
      expect([fifo.length, fifo.at(0)]).toEqual([pushed - shifted, pushed === shifted ? undefined : shifted])
    }
    expect(fifo.shift()).toBeUndefined()
  })
})
