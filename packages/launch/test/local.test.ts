import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { LocalLauncher, type LocalProcess } from '../src/local.js'
import { fixture, local, type Started, start, TOKEN } from './starting.js'

useLedger()

describe('a process', () => {
  describe('that never returns to its event loop', () => {
    let stuck: Started<LocalProcess>
    beforeAll(async () => {
      const code = `
        report(process.title)
        setTimeout(() => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000) })`
      stuck = start(local, code)
      await stuck.launched.ready
    })

    test('bears its uid in its title, and has no secret in its command line, where every user can read it', () => {
      expect(stuck.reports).toEqual(['skein worker:0:1'])
      const commandLine = readFileSync(`/proc/${stuck.launched.pid}/cmdline`, 'utf8')
      expect(commandLine).toContain('skein worker:0:1')
      expect(commandLine).not.toContain(TOKEN)
    })

    test('can be killed', async () => {
      const { launched } = stuck
      expect(launched.signal('SIGKILL')).toBe(true)
      expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
      expect(launched.signal('SIGKILL')).toBe(false)
    })
  })

  test('has ended although a process of its own lives on and holds its output', async () => {
    const code = `
      const { spawn } = await import('node:child_process')
      report(spawn('sleep', ['600'], { stdio: 'inherit', detached: true }).pid)
      console.log('the last')
      comms.stop()`
    const { launched, reports, stdout } = start(local, code)
    expect(await launched.ended).toEqual({ code: 0, signal: null })
    expect(stdout).toEqual(['the last'])
    process.kill(Number(reports[0]), 'SIGKILL')
  })

  test('can print to a stream, byte by byte, which is not ended; nothing is lost, however slow that is', async () => {
    const printed: Buffer[] = []
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed.push(chunk)
        // Longer than the output of an ended process is waited for.
        if (printed.length === 1) setTimeout(done, 800)
        else done()
      },
    })
    const launcher = new LocalLauncher({ main: fixture('process.mjs'), stdout })
    const code = `process.stdout.write('one\\r\\n'); process.stdout.write('x'.repeat(200_000)); comms.stop()`
    const { launched } = start(launcher, code)
    await launched.ended
    expect(Buffer.concat(printed).toString()).toBe(`one\r\n${'x'.repeat(200_000)}`)
    expect(stdout.writableEnded).toBe(false)
  })

  test('whose module is not there rejects, and the error names it', async () => {
    const { launched } = start(new LocalLauncher({ main: fixture('nowhere.mjs') }))
    await expect(launched.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      message: expect.stringContaining('nowhere.mjs'),
    })
    expect(await launched.ended).toEqual({ code: 1, signal: null })
  })

  test('that the system does not start rejects, and has ended', async () => {
    // More than what fits into the environment.
    const { launched } = start(local, '', { roleOptions: { code: `// ${'x'.repeat(2 ** 18)}` } })
    await expect(launched.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      reason: expect.stringContaining('E2BIG'),
    })
    expect(await launched.ended).toEqual({ code: null, signal: null })
    expect(launched.describe()).toBe('a process that could not be started')
    expect(launched.signal('SIGKILL')).toBe(false)
    launched.stop()
  })
})
