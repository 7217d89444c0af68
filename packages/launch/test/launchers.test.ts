import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Ending, Launched, Launcher } from '@skein/runtime/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { launcherNamed } from '../src/launchers.js'
import { local, type Started, specOf, start, TOKEN, thread } from './starting.js'

useLedger()

describe.each<[string, Launcher, RegExp]>([
  ['process', local, /^process \d+$/],
  ['thread', thread, new RegExp(`^thread \\d+ of process ${process.pid}$`)],
])('a runtime in a %s', (_kind, launcher, description) => {
  test('says when it is ready, and ends with code 0 when it is stopped, be it more than once, beside another', async () => {
    const both = ['worker:0:1', 'worker:0:2'].map((uid) => start(launcher, '', { uid }).launched)
    await Promise.all(both.map(({ ready }) => ready))
    for (const launched of both) {
      expect(launched.describe()).toMatch(description)
      launched.stop()
      launched.stop()
    }
    for (const launched of both) {
      expect(await launched.ended).toEqual({ code: 0, signal: null })
      launched.stop()
      expect(launched.signal('SIGTERM')).toBe(false)
    }
  })

  test('can be stopped while it starts, and need not come to the end of that', async () => {
    const { launched, stdout } = start(launcher, `console.log('starting'); await new Promise(() => {})`)
    await eventually(() => stdout.includes('starting'))
    launched.stop()
    await expect(launched.ready).rejects.toMatchObject({ code: 'ERR_LAUNCH' })
    expect(await launched.ended).toEqual({ code: 0, signal: null })
  })

  describe('to its end', () => {
    let told: Started<Launched>
    let ending: Ending
    beforeAll(async () => {
      const code = `
        const { workerData } = await import('node:worker_threads')
        report(JSON.stringify([process.env, process.argv, process.execArgv, workerData]))
        report({ two: [Error.stackTraceLimit, Infinity] }); report('x'.repeat(5e6))
        process.stdout.write('one\\ntwo ü😀\\n'); process.stderr.write('careful\\n')
        console.log('x'.repeat(200_000)); process.stdout.write('last')
        setImmediate(() => comms.stopPeer(comms.uid))`
      const url = `data:text/javascript,Error.stackTraceLimit = 77`
      told = start(launcher, code, { execArgv: ['--import', url] })
      ending = await told.launched.ended
    })

    test('gives what it prints line by line, the last one without its end, and what it reports, before it has ended', () => {
      const { stdout, stderr, reports } = told
      expect(stdout.slice(0, 2)).toEqual(['one', 'two ü😀'])
      expect(stdout.slice(2, -1).join('')).toBe('x'.repeat(200_000))
      expect(stdout.at(-1)).toBe('last')
      expect(stderr).toEqual(['careful'])
      expect(reports.slice(1)).toEqual([{ two: [expect.any(Number), Infinity] }, 'x'.repeat(5e6)])
    })

    test('takes options for node', () => {
      expect(told.reports[1]).toEqual({ two: [77, Infinity] })
    })

    test('shows the mesh’s token to the user’s code neither in the environment nor otherwise', () => {
      expect(told.reports[0]).toEqual(expect.stringContaining('PATH'))
      expect(told.reports[0]).not.toContain(TOKEN)
    })

    test('ends with code 0 when a peer asks it to', () => {
      expect(ending).toEqual({ code: 0, signal: null })
    })
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

  test('is not started from a spec that is wrong', () => {
    const on = { line() {}, report() {} }
    const refused = (code: string) => expect.objectContaining({ code })
    expect(() => launcher.start(specOf({ uid: '?' }), on)).toThrow(refused('ERR_INVALID_UID'))
    expect(() => launcher.start(specOf({ monitor: undefined }), on)).toThrow(refused('ERR_INVALID_OPTION'))
    expect(() => launcher.start(specOf({ comms: { logger: () => {} } }), on)).toThrow(
      refused('ERR_NOT_SERIALISABLE'),
    )
  })
})

test('a launcher is found by its name, and one that there isn’t is an error', () => {
  expect(launcherNamed('local').kind).toBe('local')
  expect(launcherNamed('thread').kind).toBe('thread')
  expect(() => launcherNamed('toString')).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', given: "'toString'", allowed: 'local, thread' }),
  )
})
