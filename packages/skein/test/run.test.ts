import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalLauncher, type LocalProcess, parseRoleReport } from '@skein/launch'
import { eventually } from '@skein/test-harness'
import { HEAD_MAIN } from '../src/files.js'
import { Command, fixture, type Outcome } from './support/command.js'

/** One worker, where it does not matter what that is: a thread is one process less to start. */
const ONE = ['-w', '1', '-l', 'thread']

const TOKEN = 'token of the tests'

describe('what comes out of a TypeScript program that is run --quiet', () => {
  let printed: Buffer
  let run: Outcome
  let left: number[]
  beforeAll(async () => {
    const args = ['run', fixture('echo.ts'), ...ONE, '--quiet', '--', '--size', '10', 'x y']
    const command = new Command(args, { input: 'from outside\n' })
    run = await command.outcome()
    printed = command.stdoutBytes
    left = command.running()
  })
  const [odd, many] = [[0, 255, 13, 10, 13], 300_000]

  test("standard output is the program's alone, byte for byte; it gets what stands behind --, and standard input, and sets the status; nothing else comes on stderr", () => {
    expect(run.status).toBe(7)
    expect(printed.subarray(0, odd.length)).toEqual(Buffer.from(odd))
    expect(printed.indexOf('[')).toBe(odd.length + many)
    expect(after()).toMatch(/^\["--size","10","x y"\]\nfrom outside\n/)
    // The program itself tells of peers.
    const told = run.stderr.split('\n').filter((line) => !/^\S+ is [a-z]+$/.test(line))
    expect(told.sort()).toEqual(['', 'told on stderr', 'worker:0:0 | greeting Ada'])
    expect(left).toEqual([])
  })

  test('it has a pool, and objects, on its workers', () => {
    expect(after()).toMatch(/ outside\n17984 on 1 workers\n2 3 5 7 11 13 17 19 23 29$/)
  })

  /** What stands behind the many. */
  function after(): string {
    return printed.subarray(odd.length + many).toString()
  }
})

/** How a worker may die, what its end is called if that is noticed, and its state in the table. */
const DEATHS = [
  ['exit', 'exit code 1', 'dead'],
  ['leave', 'exit code 0', 'ended'],
  ['throw', 'exit code 1', 'dead'],
  ['kill', 'SIGKILL', 'dead'],
  // Stopped, as a debugger would.
  ['standStill', undefined, 'dead'],
] as const

describe.each([
  ['local', 'dies.mjs', 2, DEATHS, []],
  // A thread can't be killed or stopped alone. Here the monitor is killed at last, and another worker started.
  ['thread', 'all-die.mjs', 1, DEATHS.slice(0, 3), ['worker:0:4']],
] as const)('a run of %s workers, all of which but the last die', (launcher, script, nodes, deaths, late) => {
  const each = (deaths.length + 1) / nodes
  const workers = Array.from({ length: nodes * each }, (_, i) => `worker:${Math.floor(i / each)}:${i % each}`)
  const survivor = workers[deaths.length]
  let run: Outcome
  let left: number[]
  beforeAll(async () => {
    const flags = ['-w', String(workers.length), '-n', String(nodes), '-l', launcher]
    const command = new Command(['run', fixture(script), ...flags, '--', ...deaths.map(([way]) => way)])
    run = await command.outcome()
    left = command.running()
  })

  test('what workers of all nodes print comes on stderr under their names', () => {
    const places = [...run.stdout.matchAll(/^(worker:\S+) (\d+)\/\d+$/gm)]
    expect(places.map(([, uid]) => uid)).toEqual(workers)
    expect(new Set(places.map(([, , pid]) => pid)).size).toBe(launcher === 'local' ? workers.length : 1)
    for (const uid of workers) {
      expect(run.stderr).toMatch(new RegExp(`^${uid} \\| asked$`, 'm'))
      expect(run.stderr).toMatch(new RegExp(`^${uid} \\| indeed$`, 'm'))
    }
  })

  test('those that die are dead to the mesh, and told of, however they die', () => {
    expect(run.stdout.split('\n').slice(workers.length)).toEqual([
      ...deaths.map((_, i) => `${workers[i]} dead, ERR_PEER_LOST`),
      ...late,
      '',
    ])
    for (const [i, [, end]] of deaths.entries()) {
      const told = `skein: ${workers[i]} has ended`
      if (end === undefined) expect(run.stderr).not.toContain(told)
      else expect(run.stderr).toContain(`${told} (${end})\n`)
    }
    expect(run.status).toBe(0)
    expect(left).toEqual([])
  })

  if (late.length > 0)
    test('a monitor that is killed is started anew at its address, and introduces who comes then', () => {
      // Between the two others may be told to have ended: of them it is their node that tells.
      expect(run.stderr).toMatch(
        /^skein: monitor has ended \(SIGKILL\)\n(skein: worker.*\n)*skein: monitor was started anew$/m,
      )
      expect(run.stdout).toMatch(/^worker:0:4\n$/m)
    })

  test('a table closes it, and they stand in it', () => {
    const states = deaths.map(([, end, state]) => (end === undefined ? state : `${state} (${end})`))
    const rows = [
      ['runtime', 'state', 'calls served', 'errors'],
      ['head', 'alive', '0', '0'],
      ['monitor', 'alive', '0', '0'],
      ...Array.from({ length: nodes }, (_, i) => [`node:${i}`, 'alive', '0', '0']),
      ...states.map((state, i) => [workers[i], state, '–', '–']),
      [survivor, 'alive', late.length > 0 ? '2' : '1', '0'],
      ...late.map((uid) => [uid, 'alive', '0', '0']),
    ]
    const width = Math.max(...states.map((state) => state.length))
    const expected = rows.map(
      ([uid = '', state = '', calls = '', errors = '']) =>
        `${uid.padEnd(10)}  ${state.padEnd(width)}  ${calls.padStart(12)}  ${errors.padStart(6)}`,
    )
    const table = run.stderr.slice(run.stderr.indexOf('runtime ')).split('\n')
    expect(table.map((row) => row.slice(0, expected[0]?.length))).toEqual([...expected, ''])
  })
})

describe('what goes wrong', () => {
  let folder: string
  let monitor: LocalProcess
  let address: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skein-'))
    const report = (given: unknown): void => {
      const report = parseRoleReport(given)
      if (report?.kind === 'listening') address = report.address
    }
    const spec = { uid: 'monitor', role: 'monitor', meshToken: TOKEN, comms: { port: 0 } } as const
    monitor = new LocalLauncher().start(spec, { line: () => {}, report })
    await monitor.ready
  })
  afterAll(async () => {
    monitor.stop()
    await monitor.ended
    await rm(folder, { recursive: true })
  })

  /** The head of a run alone, which is one process: what it tells, and its status, are those of the run. */
  async function head(script: string): Promise<{ status: number | null; stderr: string }> {
    const lines: string[] = []
    const launched = new LocalLauncher({ main: HEAD_MAIN }).start(
      {
        uid: 'head',
        role: 'head',
        meshToken: TOKEN,
        monitor: address,
        roleOptions: { script: pathToFileURL(script).href },
      },
      { line: (_stream, text) => lines.push(text), report: () => {} },
    )
    const { code } = await launched.ended
    return { status: code, stderr: lines.join('\n') }
  }

  test('a program that fails while it is loaded makes the status 1, and its stack is shown', async () => {
    const command = new Command(['run', fixture('broken-import.mjs'), ...ONE])
    const { status, stderr } = await command.outcome()
    expect(stderr).toMatch(/^Error: broken while it was loaded\n +at .*broken-import\.mjs:2/m)
    expect(status).toBe(1)
    expect(command.running()).toEqual([])
  })

  test('so does one that fails in its function', async () => {
    const { status, stderr } = await head(fixture('broken-main.mjs'))
    expect(stderr).toMatch(/^TypeError: broken in main\n +at .*broken-main\.mjs:2/m)
    expect(status).toBe(1)
  })

  test('so does one that fails in a callback, and the table closes its run as well', async () => {
    const command = new Command(['run', fixture('broken-later.mjs'), ...ONE])
    const { status, stderr } = await command.outcome()
    expect(stderr).toMatch(/^Error: broken in a callback\n +at .*broken-later\.mjs:3/m)
    expect(stderr).toMatch(/^head {8}dead \(exit code 1\) /m)
    expect(stderr).toMatch(/^worker:0:0 {2}alive /m)
    expect(status).toBe(1)
    expect(command.running()).toEqual([])
  })

  test('a mistake in the syntax of a script is shown where it is', async () => {
    const script = join(folder, 'broken-syntax.mjs')
    await writeFile(script, 'export default function main( {\n  const x = 1\n')
    const { status, stderr } = await head(script)
    expect(stderr).toMatch(/broken-syntax\.mjs:2\n {2}const x = 1\n +\^\n\nSyntaxError/)
    expect(status).toBe(1)
  })

  test('a script without a default export is told what it needs', async () => {
    const { status, stderr } = await head(fixture('no-default.mjs'))
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^skein: .*no-default\.mjs exports no function by default; it needs\n\n {2}export default/,
    )
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('process.exit() in the program is the exit status', async () => {
    expect(await head(fixture('exits.mjs'))).toMatchObject({ status: 3 })
  })

  test('a runtime that can not be started is told of once, with what it said', async () => {
    const command = new Command(['run', fixture('idle.mjs'), '-w', '1'], {
      env: { TMPDIR: process.execPath },
    })
    const { status, stdout, stderr } = await command.outcome()
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(
      /^skein: monitor ended before it was ready \(exit code 1\); the last that it printed:\n/,
    )
    expect(stderr.match(/ERR_ADDRESS_UNAVAILABLE/g)).toHaveLength(1)
    expect(command.running()).toEqual([])
  })

  test('when nobody reads its output any more the program is ended', async () => {
    const command = new Command(['run', fixture('chatty.mjs'), ...ONE])
    await command.printed('more')
    command.closeOutput()
    expect(await command.outcome()).toMatchObject({ status: 141 })
    expect(command.running()).toEqual([])
  })
})

/** A run that ends only when it is ended. */
async function begun(script: string, flags: readonly string[]): Promise<Command> {
  const command = new Command(['run', fixture(script), ...flags])
  await command.printed('begun')
  return command
}

/** What takes two seconds at most may take longer on a machine that is busy with other tests. */
const SOON = 8000

describe.each([
  ['local', '2'],
  ['thread', '1'],
])('ending a run of %s workers', (launcher, workers) => {
  test('SIGINT ends those that are busy and those that are not within two seconds, and nothing is left', async () => {
    const command = await begun('endless.mjs', ['-w', workers, '-l', launcher])
    const asked = performance.now()
    command.signal('SIGINT')
    expect(await command.outcome()).toMatchObject({ status: 130 })
    expect(performance.now() - asked).toBeLessThan(SOON)
    expect(command.running()).toEqual([])
  })

  test('when the command itself is killed, all the others end', async () => {
    const command = await begun('endless.mjs', ['-w', '1', '-l', launcher])
    expect(command.running().length).toBe(launcher === 'local' ? 5 : 4)
    command.signal('SIGKILL')
    await eventually(() => command.running().length === 0, { message: 'all to end' })
  })
})

describe('SIGTERM', () => {
  test('ends those that have nothing to do, and lets what runs end: its answer reaches the program, new calls are refused, and all end', async () => {
    const command = await begun('drained.mjs', ['-w', '2', '--drain', '600'])
    const { length: all } = command.running()
    command.signal('SIGTERM')
    await command.printed('refused')
    await eventually(() => command.running().length === all - 1, { message: 'the idle worker to end' })
    expect(command.stdout).toContain('refused ERR_CLOSED no\n')
    process.kill(Number(/begun (\d+)/.exec(command.stdout)?.[1]), 'SIGUSR2')
    expect(await command.outcome()).toMatchObject({ status: 143, stdout: expect.stringMatching(/worked\n$/) })
    expect(command.stderr).toMatch(/^skein: draining for up to 600 s; another signal ends it at once$/m)
    expect(command.stderr).toMatch(/^worker:0:0 {2}left +[1-9][0-9]* /m)
    expect(command.stderr).toMatch(/^worker:0:1 {2}left +0 /m)
    expect(command.stderr).not.toContain('cut off')
    expect(command.running()).toEqual([])
  })

  test('waits no longer than --drain says', async () => {
    const command = await begun('drained.mjs', ['-w', '1', '--drain', '0.1'])
    command.signal('SIGTERM')
    await command.printed('lost ERR_PEER_LOST maybe')
    expect(await command.outcome()).toMatchObject({ status: 143 })
    const cutOff =
      'worker:0:0 | skein warning: not everything has ended within 100 ms and is cut off calls=1\n'
    expect(command.stderr).toContain(cutOff)
    expect(command.stderr).toMatch(/^runtime {5}state /m)
    expect(command.running()).toEqual([])
  })
})

test.each(['local', 'thread'])(
  'a second signal ends at once what drains for a busy worker (%s)',
  async (launcher) => {
    const command = await begun('endless.mjs', ['-w', '1', '-l', launcher, '--drain', '600'])
    command.signal('SIGTERM')
    await eventually(() => command.stderr.includes('draining for up to 600 s'))
    command.signal('SIGTERM')
    expect(await command.outcome()).toMatchObject({ status: 143 })
    // A killed process is there until it has been collected.
    await eventually(() => command.running().length === 0, { message: 'the busy worker to be gone' })
  },
)
