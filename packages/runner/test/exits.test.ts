import { describe, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { runProgramWith } from './program-run.js'

useLedger()

const DIST = new URL('../dist/', import.meta.url).href
const THREAD = new URL('./fixtures/thread.mjs', import.meta.url).href

/** Two threads that are linked to each other. */
const LINKED = `
  const { told: address } = await inThread("host.report((await open('worker:0:1')).address)")
  await inThread("host.report(await (await open('worker:0:2')).connect('" + address + "'))")`

/** What a stuck thread waits for: were it busy, others would have to wait for the processor. */
const NEVER = 'new Int32Array(new SharedArrayBuffer(4))'

/** A thread that has started another, and both have sockets. */
const NESTED = `
  const { runInThread } = await import('${DIST}internal.js')
  const inner = "await open('worker:0:1'); host.report(1); return () => console.log('the inner one ended in order')"
  await open('worker:0:0')
  const run = runInThread(
    { name: 'inner', main: new URL('${THREAD}'), spec: { code: inner } },
    { line: (_, text) => console.log(text), report: (told) => host.report(told) },
  )`

describe('a process with threads whose sockets are open', () => {
  test('exits with the code that it asks for, be they linked, or one started by another, and waits for none that still loads its code', async () => {
    const loading = `
      const { runInThread } = await import('${DIST}internal.js')
      const main = new URL('${new URL('./fixtures/slow.mjs', import.meta.url).href}')
      runInThread({ name: 'slow', main, spec: {} }, { line() {}, report() {} })`
    const nested = `await inThread(${JSON.stringify(NESTED)})`
    const program = runProgramWith(`${LINKED}; ${nested}; ${loading}; process.exit(5)`)
    expect(await program.ended).toEqual([5, null])
    expect(program.stderr).toEqual([])
  })

  test('exits with code 1 when an error is uncaught', async () => {
    const open = `await inThread("await open('worker:0:1'); host.report(1)")`
    const program = runProgramWith(`${open}; throw new Error('on purpose')`)
    expect(await program.ended).toEqual([1, null])
    expect(program.stderr.join('')).toContain('Error: on purpose')
  })

  test('is killed rather than aborted when a thread is stuck, and says which', async () => {
    const stuck = `await inThread("await open('a'); setImmediate(() => { host.report(1); for (;;) Atomics.wait(${NEVER}, 0, 0, 10) })", 'spinner')`
    const program = runProgramWith(`${stuck}; process.exit(5)`)
    expect(await program.ended).toEqual([null, 'SIGKILL'])
    expect(program.stderr.join('')).toContain('thread spinner is stuck')
  })
})

test('a thread that a thread has started ends in order when that stops it', async () => {
  const code = `${NESTED}; return () => { run.stop(); return run.ended }`
  const program = runProgramWith(`
    const { run } = await inThread(${JSON.stringify(code)})
    run.stop()
    process.exitCode = (await run.ended).code`)
  expect(await program.ended).toEqual([0, null])
  expect(program.stderr.join('')).toBe('the inner one ended in order\n')
})

describe.each(['inProcess', 'inThread'])('a program that waits for nothing but a job (%s)', (start) => {
  const SAYS_FAREWELL = `await open('a'); host.report(1); return () => console.log('ended in order')`

  test('runs on as long as that', async () => {
    const code = `host.onMessage(() => host.order.stop(4)); host.report(1)`
    const program = runProgramWith(`
      const { run } = await ${start}(${JSON.stringify(code)})
      run.unref()
      run.ref()
      setTimeout(() => run.send('end'), 50)
      run.ended.then(({ code }) => { process.exitCode = code })`)
    expect(await program.ended).toEqual([4, null])
  })

  test('ends when no job is to keep it alive: one has ended in order before, and one that will not end is not waited for', async () => {
    const stays = `host.report(1); return () => new Promise((_, reject) => host.order.dropped.onabort = reject)`
    const program = runProgramWith(`
      const staying = await ${start}(${JSON.stringify(stays)})
      staying.run.unref()
      const { run } = await ${start}(${JSON.stringify(SAYS_FAREWELL)})
      run.unref()
      run.ended.then(({ code }) => console.log(code))`)
    expect(await program.told()).toBe(0)
    expect(await program.ended).toEqual([0, null])
    expect(program.stderr.join('')).toBe('ended in order\n')
  })
})
