import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@skein/test-harness'
import { Command, fixture, skein } from './support/command.js'

const LAUNCHERS = ['local', 'thread']

describe('what comes out', () => {
  test("standard output is the program's alone, byte for byte", async () => {
    const command = new Command(['run', fixture('bytes.mjs'), '--workers', '1'])
    const { status, stderr } = await command.outcome()
    expect(status).toBe(0)
    const printed = command.stdoutBytes
    expect(printed.subarray(0, 5)).toEqual(Buffer.from([0, 255, 13, 10, 13]))
    expect(printed.length).toBe(300_005)
    expect(stderr).toContain('told on stderr\n')
    expect(command.running()).toEqual([])
  })

  test('the program gets the arguments after --, and standard input, and sets the exit status', async () => {
    const args = ['run', fixture('echo.mjs'), '-w', '1', '--', '--size', '10', 'x y']
    expect(await skein(args, { input: 'from outside\n' })).toMatchObject({
      status: 7,
      stdout: '["--size","10","x y"]\nfrom outside\n',
    })
  })

  test('a TypeScript program has a pool, and objects, on the workers of two nodes', async () => {
    const { status, stdout } = await skein(['run', fixture('primes.ts'), '--workers', '2', '--nodes', '2'])
    expect(stdout).toBe('17984 on 2 workers\n2 3 5 7 11 13 17 19 23 29')
    expect(status).toBe(0)
  })

  test.each(LAUNCHERS)(
    'what %s workers print comes on stderr under their names, and a table closes it',
    async (launcher) => {
      const { status, stdout, stderr } = await skein([
        'run',
        fixture('spread.mjs'),
        '-w',
        '2',
        '-l',
        launcher,
      ])
      expect(status).toBe(0)
      const places = [...stdout.matchAll(/^worker:0:[01] (\d+)\/(\d+)$/gm)]
      expect(places).toHaveLength(2)
      expect(new Set(places.map(([, pid]) => pid)).size).toBe(launcher === 'local' ? 2 : 1)
      expect(stderr).toMatch(/^worker:0:0 \| asked$/m)
      expect(stderr).toMatch(/^worker:0:0 \| indeed$/m)
      expect(
        stderr
          .slice(stderr.indexOf('runtime '))
          .split('\n')
          .map((row) => row.slice(0, 39)),
      ).toEqual([
        'runtime     state  calls served  errors',
        'head        alive             0       0',
        'monitor     alive             0       0',
        'node:0      alive             0       0',
        'worker:0:0  alive             1       0',
        'worker:0:1  alive             1       0',
        '',
      ])
    },
  )

  test('--quiet leaves nothing on stderr', async () => {
    expect(await skein(['run', fixture('progress.mjs'), '-w', '1', '--quiet'])).toEqual({
      status: 0,
      stdout: 'half a line, and the rest\nhalf a line, and the rest\n',
      stderr: 'worker:0:0 | greeting Ada\n',
    })
  })

  test('a worker that is lost is told of, and stands in the table', async () => {
    const { status, stderr } = await skein(['run', fixture('loses-worker.mjs'), '-w', '2'])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^skein: worker:0:0 has ended \(SIGKILL\)$/m)
    expect(stderr).toMatch(/^worker:0:0 {2}dead \(SIGKILL\) +– +– +–$/m)
    expect(stderr).toMatch(/^worker:0:1 {2}alive/m)
  })
})

test.each(LAUNCHERS)(
  '%s workers that die are dead to the mesh, told of, and stand in the table',
  async (launcher) => {
    const ways = ['exit', 'leave', 'throw']
    const { status, stdout, stderr } = await skein([
      ...['run', fixture('dies.mjs'), '-w', '4', '-l', launcher],
      ...['--', ...ways],
    ])
    expect(stdout).toBe(ways.map((way, index) => `worker:0:${index} ${way}: dead, ERR_PEER_LOST\n`).join(''))
    const shown = [
      { uid: 'worker:0:0', ending: 'exit code 1', state: 'dead' },
      { uid: 'worker:0:1', ending: 'exit code 0', state: 'ended' },
      { uid: 'worker:0:2', ending: 'exit code 1', state: 'dead' },
    ]
    for (const { uid, ending, state } of shown) {
      expect(stderr).toContain(`skein: ${uid} has ended (${ending})\n`)
      expect(stderr).toMatch(new RegExp(`^${uid} {2}${state} \\(${ending}\\)`, 'm'))
    }
    expect(stderr).toMatch(/^worker:0:3 {2}alive /m)
    expect(status).toBe(0)
  },
)

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
    const command = new Command(['run', fixture(script), '-w', '1'])
    const { status, stderr } = await command.outcome()
    expect(stderr).toMatch(shown)
    expect(status).toBe(1)
    expect(command.running()).toEqual([])
  })

  test('so does one that fails in a callback, and the table closes its run as well', async () => {
    const command = new Command(['run', fixture('broken-later.mjs'), '-w', '2'])
    const { status, stderr } = await command.outcome()
    expect(stderr).toMatch(/^Error: broken in a callback\n +at .*broken-later\.mjs:3/m)
    expect(stderr).toMatch(/^head {8}dead \(exit code 1\) /m)
    expect(stderr).toMatch(/^worker:0:1 {2}alive /m)
    expect(status).toBe(1)
    expect(command.running()).toEqual([])
  })

  test('a mistake in the syntax of a script is shown where it is', async () => {
    const script = join(folder, 'broken-syntax.mjs')
    await writeFile(script, 'export default function main( {\n  const x = 1\n')
    const { status, stderr } = await skein(['run', script, '-w', '1'])
    expect(stderr).toMatch(/broken-syntax\.mjs:2\n {2}const x = 1\n +\^\n\nSyntaxError/)
    expect(status).toBe(1)
  })

  test('a script without a default export is told what it needs', async () => {
    const { status, stderr } = await skein(['run', fixture('no-default.mjs'), '-w', '1'])
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^skein: .*no-default\.mjs exports no function by default; it needs\n\n {2}export default/,
    )
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('process.exit() in the program is the exit status', async () => {
    const command = new Command(['run', fixture('exits.mjs'), '-w', '1'])
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
    const command = new Command(['run', fixture('chatty.mjs'), '-w', '1'])
    await command.printed('more')
    command.closeOutput()
    expect(await command.outcome()).toMatchObject({ status: 141 })
    expect(command.running()).toEqual([])
  })
})

describe.each(LAUNCHERS)('ending a run of %s workers', (launcher) => {
  const run = async (script: string): Promise<Command> => {
    const command = new Command(['run', fixture(script), '-w', '1', '-l', launcher])
    await command.printed('begun')
    return command
  }

  test.each([
    ['SIGINT', 'idle.mjs', 130],
    ['SIGTERM', 'idle.mjs', 143],
    ['SIGINT', 'endless.mjs', 130],
  ] as const)('%s ends %s within two seconds, and nothing is left', async (signal, script, expected) => {
    const command = await run(script)
    const asked = performance.now()
    command.signal(signal)
    expect(await command.outcome()).toMatchObject({ status: expected })
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
    await command.printed('refused ERR_CLOSED no')
    process.kill(worker, 'SIGUSR2')
    expect(await command.outcome()).toMatchObject({ status: 143, stdout: expect.stringMatching(/worked\n$/) })
    expect(command.running()).toEqual([])
  })

  test('waits no longer than --drain says', async () => {
    const { command } = await begun('--drain', '0.1')
    command.signal('SIGTERM')
    await command.printed('lost ERR_PEER_LOST maybe')
    expect(await command.outcome()).toMatchObject({ status: 143 })
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
