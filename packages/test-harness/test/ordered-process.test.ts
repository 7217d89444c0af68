import { expect, test } from '@jest/globals'
import { OrderedProcess } from '../src/ordered-process.js'
import { useLedger } from '../src/use-ledger.js'

useLedger()

test('a process that could not be started has ended, and says why', async () => {
  const options = { main: '/nowhere/main.mjs', of: 'the tests', stop: { kind: 'stop' } }
  const process = new OrderedProcess({ ...options, within: ['/nowhere/at/all'] }, () => {})
  await expect(process.ready).rejects.toMatchObject({
    code: 'ERR_HARNESS_MISUSE',
    message: 'a process of the tests has ended',
    cause: { code: 'ENOENT' },
  })
  await process.end()
}, 5000)
