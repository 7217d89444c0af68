import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, jest, test } from '@jest/globals'
import { type EndedNode, eventually, runNode, useLedger } from '@skein/test-harness'
import { main } from '../src/command.js'

useLedger()

const BENCH = fileURLToPath(new URL('../bin/bench.mjs', import.meta.url))
const bench = (args: string) => runNode(BENCH, wordsOf(args))

/** Where nothing is measured a process of its own would take longer than all else. */
async function benchHere(args: string): Promise<EndedNode> {
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockReturnValue(true),
  )
  try {
    const status = await main(wordsOf(args))
    const [stdout = '', stderr = ''] = streams.map(({ mock }) =>
      mock.calls.map(([text]) => String(text)).join(''),
    )
    return { status, stdout, stderr }
  } finally {
    for (const stream of streams) stream.mockRestore()
  }
}

function wordsOf(args: string): string[] {
  return args === '' ? [] : args.split(' ')
}

test.each([
  ['', "missing required argument 'suite'"],
  ['speed', 'Allowed choices are'],
  ['rest --quick --docs', "option '--quick' cannot be used with option '--docs'"],
  ['rest --json /nowhere/bench.json', 'There is no folder /nowhere'],
  ['rest --json /', 'illegal operation on a directory'],
  ['rest --json --quick', 'Allowed is a path; of a file of that name, ./--quick.'],
  ['rest --json=', 'Allowed is a path.'],
])('refuses %p, and says why', async (args, why) => {
  const { status, stdout, stderr } = await benchHere(args)
  expect(stderr).toContain(why)
  expect(stdout).toBe('')
  expect(status).toBe(2)
})

test('has help, which names the suites', async () => {
  const { status, stdout } = await benchHere('--help')
  for (const name of [
    'rpc',
    'payload',
    'stream',
    'fanout',
    'object',
    'mesh',
    'start',
    'rest',
    'relay',
    'broker',
    'channels',
  ])
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(status).toBe(0)
})

test('what is sent to all of its processes ends all of them, and no socket or file is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-b-'))
  const run = spawn(process.execPath, [BENCH, 'payload', '--quick', '--json', join(folder, 'never.json')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  })
  const exited = once(run, 'exit')
  const group = -(run.pid ?? Number.NaN)
  for await (const text of run.stderr) if (String(text).includes('warm-up')) break
  process.kill(group, 'SIGHUP')
  expect(await exited).toEqual([129, null])
  await eventually(() => isGone(group), { message: 'all processes to have ended' })
  // The folder for sockets stays, and is empty.
  expect(await readdir(folder, { recursive: true })).toEqual([expect.stringMatching(/^skein-\d+$/)])
  await rm(folder, { recursive: true })
})

function isGone(group: number): boolean {
  try {
    return !process.kill(group, 0)
  } catch {
    return true
  }
}

test('measures, prints tables, and writes everything to a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-bench-'))
  const file = join(folder, 'start.json')
  const { status, stdout, stderr } = await bench(`start --quick --json ${file}`)
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'start: round 1 of 1\n' })
  expect(stdout).toMatch(/^\| skein run \| +[\d ]+ \|/m)
  expect(stdout).toMatch(/^\| skein run \| +[\d.]+ \|$/m)
  const report: unknown = JSON.parse(await readFile(file, 'utf8'))
  await rm(folder, { recursive: true })
  expect(report).toMatchObject({
    command: 'npm run bench -- start --quick',
    machine: { node: process.version },
    systems: [{ system: 'skein run' }, { system: 'node -e 0' }],
    skipped: [],
    suites: [
      {
        suite: 'start',
        rows: [{ system: 'skein run', ms: expect.any(Number) }, { system: 'node -e 0' }],
        ratios: { 'skein run over node': expect.any(Number) },
      },
    ],
  })
})
