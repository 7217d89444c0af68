import { expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { Strangers } from '../../src/link/strangers.js'
import { silent } from './parts.js'

function strangers() {
  const clock = new TurnedClock()
  const warned: unknown[] = []
  const logger = { ...silent, warn: (facts: object) => void warned.push(Object.values(facts)[0]) }
  return { clock, warned, made: new Strangers(clock, logger) }
}

test('A stranger is told of once a minute, however often it greets', async () => {
  const { clock, warned, made } = strangers()
  for (let n = 0; n < 3; n++) made.greeted('worker:1')
  made.greeted('worker:2')
  expect(warned).toEqual(['worker:1', 'worker:2'])
  await clock.advance(59_999)
  made.greeted('worker:1')
  expect(warned).toHaveLength(2)
  await clock.advance(1)
  made.greeted('worker:1')
  expect(warned).toEqual(['worker:1', 'worker:2', 'worker:1'])
})

test('Strangers without number are told of up to a bound', async () => {
  const { clock, warned, made } = strangers()
  for (let n = 0; n < 1000; n++) made.greeted(`worker:${n}`)
  expect(warned).toHaveLength(64)
  await clock.advance(60_000)
  for (let n = 0; n < 1000; n++) made.greeted(`worker:${n}`)
  expect(warned).toHaveLength(128)
})

test('The name that a stranger gives stays within its line', () => {
  const { warned, made } = strangers()
  made.greeted('a\nskein error: all is lost')
  expect(warned).toEqual(['"a\\nskein error: all is lost"'])
})
