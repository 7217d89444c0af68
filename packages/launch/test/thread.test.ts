import { describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { ThreadLauncher } from '../src/thread.js'
import { fixture, start, thread } from './starting.js'

useLedger()

describe('a thread', () => {
  test('that leaves an error uncaught ends, and no other with it', async () => {
    const other = start(thread, `setInterval(() => report('alive'), 1)`, { uid: 'worker:0:2' })
    await other.launched.ready
    const { launched } = start(thread, `setImmediate(() => { throw new Error('lost') })`)
    expect(await launched.ended).toEqual({ code: 1, signal: null })
    const before = other.reports.length
    await eventually(() => other.reports.length > before)
    other.launched.stop()
    expect(await other.launched.ended).toEqual({ code: 0, signal: null })
  })

  test('that is dropped closes its sockets without stopping in order', async () => {
    const { launched, stdout } = start(thread, `comms.stop = () => console.log('stopping')`)
    await launched.ready
    launched.drop()
    expect(await launched.ended).toEqual({ code: 1, signal: null })
    expect(stdout).toEqual([])
  })

  test('that is dropped does not wait for a stop that is under way', async () => {
    const code = `comms.stop = () => { console.log('stopping'); return new Promise(() => {}) }`
    const { launched, stdout } = start(thread, code)
    await launched.ready
    launched.stop()
    await eventually(() => stdout.includes('stopping'))
    launched.drop()
    expect(await launched.ended).toEqual({ code: 0, signal: null })
  })

  test('whose module is not there rejects, and the error names it', async () => {
    const { launched } = start(new ThreadLauncher({ main: fixture('nowhere.mjs') }))
    await expect(launched.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      message: expect.stringContaining('nowhere.mjs'),
    })
    expect(await launched.ended).toEqual({ code: 1, signal: null })
  })

  test('with an option that only a process can have rejects, and has ended', async () => {
    const { launched } = start(thread, '', { execArgv: ['--max-old-space-size=100'] })
    await expect(launched.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      reason: expect.stringContaining('--max-old-space-size'),
    })
    expect(await launched.ended).toEqual({ code: null, signal: null })
    expect(launched.describe()).toBe('a thread that could not be started')
    launched.stop()
  })
})
