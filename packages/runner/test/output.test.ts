import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { runInProcess } from '../src/internal.js'
import { runProgramWith } from './program-run.js'
import { fixture } from './starting.js'

useLedger()

const IGNORED = { line() {}, report() {} }
const DIST = new URL('../dist/', import.meta.url).href

/** A process that prints far more than a pipe holds when it is to end. */
function startPrinter(stdout: PassThrough) {
  const code = `host.ready(); return () => console.log('x'.repeat(1e6))`
  const job = { name: 'printer', main: fixture('process.mjs'), spec: { code }, stdout }
  return runInProcess(job, IGNORED)
}

test('what a process prints goes to the stream that it was given, which is left open and to itself', async () => {
  const output = new PassThrough()
  const run = startPrinter(output)
  await run.ready
  run.stop()
  let bytes = 0
  output.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  expect(await run.ended).toEqual({ code: 0, signal: null })
  expect([bytes, output.writable]).toEqual([1e6 + 1, true])
  expect(output.eventNames().filter((name) => name === 'unpipe')).toEqual([])
})

test('a process ends although the stream that it prints to is gone', async () => {
  const output = new PassThrough()
  const run = startPrinter(output)
  await run.ready
  output.destroy()
  run.stop()
  expect(await run.ended).toEqual({ code: 0, signal: null })
})

test('a process that can not be started since too many files are open has ended, and says why', async () => {
  const code = `
    const { openSync } = await import('node:fs')
    const { runInProcess } = await import('${DIST}internal.js')
    try { for (;;) openSync('/dev/null') } catch {}
    const run = runInProcess({ name: 'a', main: new URL('file:///x.mjs'), spec: {} }, { line() {}, report() {} })
    run.unref()
    const { code, message } = await run.ready.catch((error) => error)
    console.log(JSON.stringify([code, message, await run.ended, run.signal('SIGTERM')]))`
  const program = runProgramWith(code, { files: 64 })
  const ending = { code: null, signal: null }
  const message = expect.stringContaining('could not be started: spawn')
  expect(await program.told()).toEqual(['ERR_LAUNCH', message, ending, false])
  expect(await program.ended).toEqual([0, null])
})
