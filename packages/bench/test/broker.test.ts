import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { load } from '../src/broker/load.js'

useLedger()

test('every request settles while workers of a broker are killed, and none by a wrong worker', async () => {
  const size = { seconds: 0.6, warming: 0.1, killEvery: 0.4, pauseMs: 60 }
  const { signal } = new AbortController()
  const outcome = await load({ workers: [2, 10], clients: [1, 5], ...size }, { signal, tell: () => {} })
  const { asked, answered, failed, unsettled, wrong } = outcome.account
  expect({ unsettled, wrong }).toEqual({ unsettled: 0, wrong: 0 })
  const failures = Object.values(failed).reduce((sum, n) => sum + n, 0)
  expect(answered + failures).toBe(asked)
  // How many depends on how soon another process is there: that is measured, and not asserted.
  expect(answered).toBeGreaterThan(0)
  expect(outcome.killed).toBeGreaterThan(0)
  expect(outcome.knownMs.filter((ms) => !(ms >= 0))).toEqual([])
  expect([outcome.workersLeft, outcome.clientsLeft]).toEqual([20, 5])
})
