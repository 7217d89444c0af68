import { describe, expect, test } from '@jest/globals'
import type { Launched, Launcher } from '@skein/runtime/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { launcherNamed } from '../src/launchers.js'
import { local, specOf, start, TOKEN, thread } from './starting.js'

useLedger()

describe.each<[string, Launcher, RegExp]>([
  ['process', local, /^process \d+$/],
  ['thread', thread, new RegExp(`^thread \\d+ of process ${process.pid}$`)],
])('a runtime in a %s', (_kind, launcher, description) => {
  test('says when it is ready, and ends with code 0 when it is stopped, be it more than once', async () => {
    const { launched } = start(launcher)
    await launched.ready
    expect(launched.describe()).toMatch(description)
    launched.stop()
    launched.stop()
    expect(await launched.ended).toEqual({ code: 0, signal: null })
    launched.stop()
    expect(launched.signal('SIGTERM')).toBe(false)
  })

  test('can be stopped while it starts, and need not come to the end of that', async () => {
    const { launched, stdout } = start(launcher, `console.log('starting'); await new Promise(() => {})`)
    await eventually(() => stdout.includes('starting'))
    launched.stop()
    await expect(launched.ready).rejects.toMatchObject({ code: 'ERR_LAUNCH' })
    expect(await launched.ended).toEqual({ code: 0, signal: null })
  })

  test('gives what it prints line by line, the last one without its end, and what it reports, before it has ended', async () => {
    const code = `
      report(1); report({ two: [2, Infinity] }); report('x'.repeat(5e6))
      process.stdout.write('one\\ntwo ü😀\\n'); process.stderr.write('careful\\n')
      console.log('x'.repeat(200_000)); process.stdout.write('last'); comms.stop()`
    const { launched, stdout, stderr, reports } = start(launcher, code)
    await launched.ended
    expect(stdout.slice(0, 2)).toEqual(['one', 'two ü😀'])
    expect(stdout.slice(2, -1).join('')).toBe('x'.repeat(200_000))
    expect(stdout.at(-1)).toBe('last')
    expect(stderr).toEqual(['careful'])
    expect(reports).toEqual([1, { two: [2, Infinity] }, 'x'.repeat(5e6)])
  })

  test('that ends before it is ready rejects with its last words', async () => {
    const { launched } = start(
      launcher,
      `console.error('no such thing'); throw new TypeError('what is this?')`,
    )
    await expect(launched.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      uid: 'worker:0:1',
      message: expect.stringMatching(
        /^worker:0:1 ended before.*exit code 1.*\nno such thing\nTypeError: what is this\?/,
      ),
    })
    expect(await launched.ended).toEqual({ code: 1, signal: null })
  })

  test('that asks for an exit ends with the code asked for, although its sockets are open', async () => {
    const { launched, stdout } = start(
      launcher,
      `setImmediate(() => { process.exit(7); console.log('never') })`,
    )
    expect(await launched.ended).toEqual({ code: 7, signal: null })
    expect(stdout).toEqual([])
  })

  test('that asks for an exit while it starts ends with the code asked for', async () => {
    const { launched } = start(launcher, `process.exit(7)`)
    await expect(launched.ready).rejects.toMatchObject({ code: 'ERR_LAUNCH', reason: 'exit code 7' })
    expect(await launched.ended).toEqual({ code: 7, signal: null })
  })

  test.each([
    ['thrown', `setImmediate(() => { throw new TypeError('lost') })`],
    ['rejected', `void Promise.reject(new TypeError('lost'))`],
  ])(
    'that leaves an error uncaught (%s) prints it and ends with code 1, although its sockets are open',
    async (_, code) => {
      const { launched, stderr } = start(launcher, code)
      expect(await launched.ended).toEqual({ code: 1, signal: null })
      expect(stderr.join('\n')).toContain('TypeError: lost\n    at ')
    },
  )

  test('ends with code 0 when a peer asks it to', async () => {
    const { launched } = start(launcher, `setImmediate(() => comms.stopPeer(comms.uid))`)
    expect(await launched.ended).toEqual({ code: 0, signal: null })
  })

  test('shows the mesh’s token to the user’s code neither in the environment nor otherwise', async () => {
    const code = `
      const { workerData } = await import('node:worker_threads')
      report(JSON.stringify([process.env, process.argv, process.execArgv, workerData]))
      comms.stop()`
    const { launched, reports } = start(launcher, code)
    await launched.ended
    expect(reports).toEqual([expect.stringContaining('PATH')])
    expect(reports[0]).not.toContain(TOKEN)
  })

  test('takes options for node', async () => {
    const code = `report(Error.stackTraceLimit); comms.stop()`
    const url = `data:text/javascript,Error.stackTraceLimit = 77`
    const { launched, reports } = start(launcher, code, { execArgv: ['--import', url] })
    await launched.ended
    expect(reports).toEqual([77])
  })

  test('is not started from a spec that is wrong', () => {
    const on = { line() {}, report() {} }
    const refused = (code: string) => expect.objectContaining({ code })
    expect(() => launcher.start(specOf({ uid: '?' }), on)).toThrow(refused('ERR_INVALID_UID'))
    expect(() => launcher.start(specOf({ monitor: undefined }), on)).toThrow(refused('ERR_INVALID_OPTION'))
    expect(() => launcher.start(specOf({ comms: { logger: () => {} } }), on)).toThrow(
      refused('ERR_NOT_SERIALISABLE'),
    )
  })

  test('leaves nothing behind in four starts and stops', async () => {
    for (let round = 0; round < 2; round++) {
      const started = Array.from({ length: 2 }, (_, index): Launched => {
        return start(launcher, '', { uid: `worker:${round}:${index}` }).launched
      })
      await Promise.all(started.map(({ ready }) => ready))
      for (const launched of started) launched.stop()
      await Promise.all(started.map(({ ended }) => ended))
    }
  })
})

test('a launcher is found by its name, and one that there isn’t is an error', () => {
  expect(launcherNamed('local').kind).toBe('local')
  expect(launcherNamed('thread').kind).toBe('thread')
  expect(() => launcherNamed('toString')).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', given: "'toString'", allowed: 'local, thread' }),
  )
})
