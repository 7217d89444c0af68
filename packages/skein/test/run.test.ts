import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalLauncher } from '@skein/launch'
import { eventually } from '@skein/test-harness'
import { HEAD_MAIN } from '../src/files.js'
import { Command, fixture, skein } from './support/command.js'

const LAUNCHERS = ['local', 'thread']

/** One worker, where it does not matter what that is: a thread is one process less to start. */
const ONE = ['-w', '1', '-l', 'thread']

describe('what comes out', () => {
  test("standard output is the program's alone, byte for byte; it gets what stands behind --, and standard input, and sets the status; --quiet leaves nothing else on stderr", async () => {
    const args = ['run', fixture('echo.mjs'), ...ONE, '--quiet', '--', '--size', '10', 'x y']
    const command = new Command(args, { input: 'from outside\n' })
    const { status, stderr } = await command.outcome()
    expect(status).toBe(7)
    const printed = command.stdoutBytes
    const [odd, many] = [[0, 255, 13, 10, 13], 300_000]
    expect(printed.subarray(0, odd.length)).toEqual(Buffer.from(odd))
    expect(printed.subarray(odd.length + many).toString()).toBe('["--size","10","x y"]\nfrom outside\n')
    expect(printed.indexOf('[')).toBe(odd.length + many)
    expect(stderr.split('\n').sort()).toEqual(['', 'told on stderr', 'worker:0:0 | greeting Ada'])
    expect(command.running()).toEqual([])
  })

  test('a TypeScript program has a pool, and objects, on its workers', async () => {
    // Each process that compiles TypeScript takes as long as two that don't.
    const { status, stdout } = await skein(['run', fixture('primes.ts'), '--workers', '1'])
    expect(stdout).toBe('17984 on 1 workers\n2 3 5 7 11 13 17 19 23 29')
    expect(status).toBe(0)
  })

  test.each([
    ['local', ['node:0', 'node:1', 'worker:0:0', 'worker:1:0']],
    ['thread', ['node:0', 'worker:0:0', 'worker:0:1']],
  ])(
    'what %s workers of all nodes print comes on stderr under their names, and a table closes it',
    async (launcher, started) => {
      const nodes = started.filter((uid) => uid.startsWith('node'))
      const workers = started.filter((uid) => uid.startsWith('worker'))
      const flags = ['-w', String(workers.length), '-n', String(nodes.length), '-l', launcher]
      const { status, stdout, stderr } = await skein(['run', fixture('spread.mjs'), ...flags])
      expect(status).toBe(0)
      const places = [...stdout.matchAll(/^(worker:.*) (\d+)\/(\d+)\n/gm)]
      expect(places.map(([line]) => line).join('')).toBe(stdout)
      expect(places.map(([, uid]) => uid)).toEqual(workers)
      expect(new Set(places.map(([, , pid]) => pid)).size).toBe(launcher === 'local' ? 2 : 1)
      for (const uid of workers) {
        expect(stderr).toMatch(new RegExp(`^${uid} \\| asked$`, 'm'))
        expect(stderr).toMatch(new RegExp(`^${uid} \\| indeed$`, 'm'))
      }
      expect(
        stderr
          .slice(stderr.indexOf('runtime '))
          .split('\n')
          .map((row) => row.slice(0, 39)),
      ).toEqual([
        'runtime     state  calls served  errors',
        'head        alive             0       0',
        'monitor     alive             0       0',
        ...nodes.map((uid) => `${uid}      alive             0       0`),
        ...workers.map((uid) => `${uid}  alive             1       0`),
        '',
      ])
    },
  )
})

test('a monitor that is killed is started anew at its address, and introduces who comes then', async () => {
  const command = new Command(['run', fixture('monitor-dies.mjs'), ...ONE])
  const { status, stdout, stderr } = await command.outcome()
  expect(stdout).toBe('worker:0:1\n')
  expect(status).toBe(0)
  expect(stderr).toMatch(/^skein: monitor has ended \(SIGKILL\)\nskein: monitor was started anew$/m)
  expect(stderr).toMatch(/^monitor {5}alive /m)
  expect(command.running()).toEqual([])
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

// A thread can't be killed or stopped alone.
test.each([
  ['local', DEATHS],
  ['thread', DEATHS.slice(0, 3)],
] as const)(
  'of %s workers, those that die are dead to the mesh, told of, and stand in the table, however they die',
  async (launcher, deaths) => {
    const ways = deaths.map(([way]) => way)
    const workers = String(deaths.length + 1)
    const command = ['run', fixture('dies.mjs'), '-w', workers, '-l', launcher, '--', ...ways]
    const { status, stdout, stderr } = await skein(command)
    expect(stdout).toBe(deaths.map((_, i) => `worker:0:${i} dead, ERR_PEER_LOST\n`).join(''))
    for (const [i, [, end, state]] of deaths.entries()) {
      const told = `skein: worker:0:${i} has ended`
      if (end === undefined) expect(stderr).not.toContain(told)
      else expect(stderr).toContain(`${told} (${end})\n`)
      const shown = end === undefined ? state : `${state} \\(${end}\\)`
      expect(stderr).toMatch(new RegExp(`^worker:0:${i} {2}${shown} +– +– +–$`, 'm'))
    }
    expect(stderr).toMatch(new RegExp(`^worker:0:${deaths.length} {2}alive`, 'm'))
    expect(status).toBe(0)
  },
)

/** The head of a run alone. It loads its program before it joins the mesh, so where that fails there need not be one. */
async function head(script: string): Promise<{ status: number | null; stderr: string }> {
  const lines: string[] = []
  const launched = new LocalLauncher({ main: HEAD_MAIN }).start(
    {
      uid: 'head',
      role: 'head',
      meshToken: 'token of the tests',
      monitor: 'tcp://127.0.0.1:1',
      roleOptions: { script: pathToFileURL(script).href },
    },
    { line: (_stream, text) => lines.push(text), report: () => {} },
  )
  const { code } = await launched.ended
  return { status: code, stderr: lines.join('\n') }
}

describe('what goes wrong', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skein-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each([
    [
      'while it is loaded',
      'broken-import.mjs',
      /^Error: broken while it was loaded\n +at .*broken-import\.mjs:2/m,
    ],
    ['in its function', 'broken-main.mjs', /^TypeError: broken in main\n +at .*broken-main\.mjs:2/m],
  ])('a program that fails %s makes the status 1, and its stack is shown', async (_where, script, shown) => {
    const command = new Command(['run', fixture(script), ...ONE])
    const { status, stderr } = await command.outcome()
    expect(stderr).toMatch(shown)
    expect(status).toBe(1)
    expect(command.running()).toEqual([])
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
    const command = new Command(['run', fixture('exits.mjs'), ...ONE])
    expect(await command.outcome()).toMatchObject({ status: 3 })
    expect(command.running()).toEqual([])
  })

  test('a runtime that can not be started is told of once, with what it said', async () => {
    const command = new Command(['run', fixture('idle.mjs'), '-w', '1'], { env: { TMPDIR: '/nowhere' } })
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

describe.each(LAUNCHERS)('ending a run of %s workers', (launcher) => {
  const run = async (script: string, workers = 1): Promise<Command> => {
    const command = new Command(['run', fixture(script), '-w', String(workers), '-l', launcher])
    await command.printed('begun')
    return command
  }

  test('SIGINT ends those that are busy and those that are not within two seconds, and nothing is left', async () => {
    const command = await run('endless.mjs', 2)
    const asked = performance.now()
    command.signal('SIGINT')
    expect(await command.outcome()).toMatchObject({ status: 130 })
    expect(performance.now() - asked).toBeLessThan(2000)
    expect(command.running()).toEqual([])
  })

  test('SIGTERM ends those that have nothing to do within two seconds, and nothing is left', async () => {
    const command = await run('idle.mjs')
    const asked = performance.now()
    command.signal('SIGTERM')
    expect(await command.outcome()).toMatchObject({ status: 143 })
    expect(performance.now() - asked).toBeLessThan(2000)
    expect(command.running()).toEqual([])
  })

  test('a second Ctrl-C ends it at once', async () => {
    const command = await run('endless.mjs')
    const asked = performance.now()
    command.signal('SIGINT')
    command.signal('SIGTERM')
    expect(await command.outcome()).toMatchObject({ status: expect.any(Number) })
    expect(performance.now() - asked).toBeLessThan(700)
    // A killed process is there until it has been collected.
    await eventually(() => command.running().length === 0, { message: 'the busy worker to be gone' })
    expect(performance.now() - asked).toBeLessThan(1000)
  })

  test('when the command itself is killed, all the others end', async () => {
    const command = await run('endless.mjs')
    expect(command.running().length).toBe(launcher === 'local' ? 5 : 4)
    command.signal('SIGKILL')
    await eventually(() => command.running().length === 0, { message: 'all to end' })
  })
})

describe('SIGTERM', () => {
  const begun = async (...flags: string[]) => {
    const command = new Command(['run', fixture('drained.mjs'), '-w', '1', ...flags])
    await command.printed('begun')
    return { command, worker: Number(/begun (\d+)/.exec(command.stdout)?.[1]) }
  }

  test('lets what runs end: its answer reaches the program, and new calls are refused', async () => {
    const { command, worker } = await begun()
    command.signal('SIGTERM')
    await command.printed('refused')
    expect(command.stdout).toContain('refused ERR_CLOSED no\n')
    process.kill(worker, 'SIGUSR2')
    expect(await command.outcome()).toMatchObject({ status: 143, stdout: expect.stringMatching(/worked\n$/) })
    expect(command.stderr).toMatch(/^skein: draining for up to 10 s; another signal ends it at once$/m)
    expect(command.stderr).toMatch(/^worker:0:0 {2}left +[1-9][0-9]* /m)
    expect(command.stderr).not.toContain('cut off')
    expect(command.running()).toEqual([])
  })

  test('waits no longer than --drain says', async () => {
    const { command } = await begun('--drain', '0.1')
    command.signal('SIGTERM')
    await command.printed('lost ERR_PEER_LOST maybe')
    expect(await command.outcome()).toMatchObject({ status: 143 })
    const cutOff =
      'worker:0:0 | skein warning: not everything has ended within 100 ms and is cut off calls=1\n'
    expect(command.stderr).toContain(cutOff)
    expect(command.stderr).toMatch(/^runtime {5}state /m)
    expect(command.running()).toEqual([])
  })

  test('is cut short by a second signal', async () => {
    const { command } = await begun()
    command.signal('SIGTERM')
    await command.printed('refused')
    command.signal('SIGTERM')
    expect(await command.outcome()).toMatchObject({ status: 143 })
    await eventually(() => command.running().length === 0)
  })
})
