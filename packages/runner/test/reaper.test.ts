import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { LOST_GRACE_MS } from '../src/process-contract.js'
import { Reaper } from '../src/reaper.js'
import { runProgramWith, runs } from './program-run.js'

/** Beside the grace: what a busy machine needs. */
const SLACK_MS = 3000

const DIST = new URL('../dist/', import.meta.url).href
/** No processes: the ids of Linux end at 4 194 304. */
const [ONE, OTHER] = [5_000_001, 5_000_002]

const SHELL = ['/bin/sh', fileURLToPath(new URL('../bin/reaper.sh', import.meta.url))] as const
const NODE = [process.execPath, fileURLToPath(new URL('../dist/reaper-main.js', import.meta.url))] as const
const FIXTURES = new URL('./fixtures/', import.meta.url).href

let folder: string

useLedger()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-reaper-'))
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

describe('the process that kills those that are left', () => {
  let told: string
  let scribe: readonly [string, ...string[]]
  const jobs: ChildProcess[] = []
  beforeEach(() => {
    told = join(folder, 'told')
    scribe = ['/bin/sh', '-c', 'cat >> "$0"', told]
  })
  afterEach(() => {
    for (const job of jobs.splice(0)) job.kill('SIGKILL')
  })

  const lines = async () => (await readFile(told, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  const areTold = (expected: readonly string[]) =>
    eventually(async () => isDeepStrictEqual(await lines(), expected), { message: `${expected} to be told` })

  test('is told of all jobs, and is there as long as there are any', async () => {
    const reaper = new Reaper([scribe])
    expect(reaper.pid).toBeUndefined()
    reaper.watch(ONE)
    const pid = reaper.pid ?? 0
    expect(runs(pid)).toBe(true)
    reaper.watch(OTHER)
    reaper.release(ONE)
    await areTold([`+${ONE}`, `+${OTHER}`, `-${ONE}`])
    expect([reaper.pid, runs(pid)]).toEqual([pid, true])
    reaper.release(OTHER)
    expect(reaper.pid).toBeUndefined()
    await areTold([`+${ONE}`, `+${OTHER}`, `-${ONE}`, `-${OTHER}`])
    await eventually(() => !runs(pid))
  })

  test.each<[string, readonly [string, ...string[]]]>([
    ['does not exist', ['/nowhere/sh']],
    ['can not be started', ['/etc/passwd/sh']],
    ['fails', ['/bin/sh', '/nowhere/reaper.sh']],
  ])('is another one where the first %s', async (_, wrong) => {
    const reaper = new Reaper([wrong, scribe])
    for (const pid of [ONE, OTHER]) reaper.watch(pid)
    await areTold([`+${ONE}`, `+${OTHER}`])
    for (const pid of [ONE, OTHER]) reaper.release(pid)
  })

  test('is started anew if somebody kills it', async () => {
    const reaper = new Reaper([scribe])
    for (const pid of [ONE, OTHER]) reaper.watch(pid)
    await areTold([`+${ONE}`, `+${OTHER}`])
    process.kill(reaper.pid ?? 0, 'SIGKILL')
    await areTold([`+${ONE}`, `+${OTHER}`, `+${ONE}`, `+${OTHER}`])
    for (const pid of [ONE, OTHER]) reaper.release(pid)
  })

  test.each([
    ['a shell', SHELL],
    ['Node', NODE],
  ])('kills those alone that it has been told of last (%s)', async (_, [program, ...args]) => {
    for (let i = 0; i < 3; i++) jobs.push(spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }))
    const [kept, ...left] = jobs.map(({ pid = 0 }) => pid)
    const began = performance.now()
    const killer = spawn(program, [...args, '3'], { stdio: ['pipe', 'inherit', 'inherit'] })
    const ended = once(killer, 'exit')
    killer.stdin?.end(`+${left[0]}\n+${kept}\n-${kept}\n+${left[1]}\n`)
    await eventually(() => left.every((pid) => !runs(pid)), { message: 'those that are left to be killed' })
    expect(performance.now() - began).toBeGreaterThan(290)
    expect(await ended).toEqual([0, null])
    expect(runs(kept ?? 0)).toBe(true)
  })

  test.each([
    ['a shell', SHELL],
    ['Node', NODE],
  ])('does not wait for jobs that have ended (%s)', async (_, [program, ...args]) => {
    const job = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    jobs.push(job)
    const killer = spawn(program, [...args, '6000'], { stdio: ['pipe', 'inherit', 'ignore'] })
    const ended = once(killer, 'exit')
    killer.stdin?.end(`+${job.pid}\n`)
    job.kill('SIGKILL')
    expect(await ended).toEqual([0, null])
  })
})

/** To be somebody else, who may not send any. */
const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('a signal that can not be sent to a job harms nobody', async () => {
  const program = runProgramWith(`
    const { run } = await inProcess('host.report(0)')
    process.setgid(65534)
    process.setuid(65534)
    console.log(run.signal('SIGTERM'))
    run.stop()
    await run.ended
    console.log('"over"')`)
  expect([await program.told(), await program.told()]).toEqual([false, 'over'])
  expect(await program.ended).toEqual([0, null])
})

/** Code that prints what a run first reports. */
function tell(started: string): string {
  return `console.log(JSON.stringify((await ${started}).told))`
}

function pidsIn(told: unknown): number[] {
  return Array.isArray(told) ? told.map(Number) : []
}
