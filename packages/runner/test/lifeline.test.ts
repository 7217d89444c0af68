import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { LOST_GRACE_MS } from '../src/process-contract.js'
import { runProgramWith, runs } from './program-run.js'

/** Beside the grace: what a busy machine needs. */
const SLACK_MS = 3000

const DIST = new URL('../dist/', import.meta.url).href
const FIXTURES = new URL('./fixtures/', import.meta.url).href

let folder: string

useLedger()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-lifeline-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Never returns to the event loop, and leaves the processor to others meanwhile. */
const STICK = 'for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)'

/** Starts a job, and a plain process; reports all their pids, and then never returns to its event loop. */
const STUCK_FAMILY = `
  const { spawn } = await import('node:child_process')
  const { runInProcess } = await import('${DIST}internal.js')
  const plain = spawn('sleep', ['600'], { stdio: 'ignore' }).pid
  const spec = { code: 'setImmediate(() => { host.report(process.pid); ${STICK} })' }
  runInProcess(
    { name: 'child', main: new URL('process.mjs', '${FIXTURES}'), spec },
    { line() {}, report(pid) { host.report([process.pid, pid, plain]); ${STICK} } },
  )`

describe('when a process is killed', () => {
  test('the jobs it started end, and those that they started, and their processes, although they are stuck', async () => {
    const program = runProgramWith(tell(`inProcess(${JSON.stringify(STUCK_FAMILY)})`))
    const pids = pidsIn(await program.told())
    expect(pids.map(runs)).toEqual([true, true, true])
    program.child.kill('SIGKILL')
    await program.ended
    // One grace for each generation.
    const timeout = 2 * LOST_GRACE_MS + SLACK_MS
    await eventually(() => pids.every((pid) => !runs(pid)), { timeout, message: 'all of them to end' })
  })

  test('a job that is not stuck ends in order, and then what it has started; one that it did not wait for ends too', async () => {
    const left = join(folder, 'left')
    const code = `
      const { writeFileSync } = await import('node:fs')
      const { spawn } = await import('node:child_process')
      host.report([process.pid, spawn('sleep', ['600'], { stdio: 'ignore' }).pid])
      return () => writeFileSync(${JSON.stringify(left)}, 'in order')`
    const program = runProgramWith(`
      const unawaited = await inProcess('host.report(process.pid)')
      unawaited.run.unref()
      const { told } = await inProcess(${JSON.stringify(code)})
      console.log(JSON.stringify([...told, unawaited.told]))`)
    const pids = pidsIn(await program.told())
    expect(pids.map(runs)).toEqual([true, true, true])
    program.child.kill('SIGKILL')
    await eventually(() => pids.every((pid) => !runs(pid)), { message: 'all of them to end' })
    expect(await readFile(left, 'utf8')).toBe('in order')
  })
})

test('when a process exits without stopping what it started, that ends too', async () => {
  const program = runProgramWith(`${tell(`inProcess('host.report(process.pid)')`)}; process.exit(3)`)
  const pid = Number(await program.told())
  expect(await program.ended).toEqual([3, null])
  await eventually(() => !runs(pid), { message: 'it to end' })
})

test('watching over a process does not keep it alive', async () => {
  const path = fileURLToPath(new URL('watched.mjs', FIXTURES))
  // The parent and its end of the lifeline are there all the time.
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] })
  try {
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })
    expect(code).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})

/** Code that prints what a run first reports. */
function tell(started: string): string {
  return `console.log(JSON.stringify((await ${started}).told))`
}

function pidsIn(told: unknown): number[] {
  return Array.isArray(told) ? told.map(Number) : []
}
