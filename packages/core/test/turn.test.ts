import { expect, test } from '@jest/globals'
import { atEndOfTurn, endOfTurn } from '../src/turn.js'

const jobs = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await undefined
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('The end of a turn comes after all promise jobs, and those that they queue', async () => {
  const log: string[] = []
  // In a callback of the event loop's, behind which ticks would come before promise jobs.
  setImmediate(() => {
    atEndOfTurn(() => log.push('end'))
    void jobs(20).then(() => log.push('jobs'))
  })
  await nextTurn()
  expect(log).toEqual(['jobs', 'end'])
})

test('Whoever awaits the end of a turn goes on behind what promise jobs, late ones too, have asked for at its end', async () => {
  const log: string[] = []
  void Promise.resolve().then(async () => {
    void jobs(20).then(() => atEndOfTurn(() => log.push('end')))
    await endOfTurn()
    log.push('after')
  })
  await nextTurn()
  expect(log).toEqual(['end', 'after'])
})
