import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { ZmqTransport } from '@skein/core/internal'
import type { Launched, Launcher, RuntimeSpec } from '@skein/runtime/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { LocalLauncher } from '../src/local.js'
import { parseRoleReport, type RoleReport } from '../src/role-report.js'
import { startRole } from '../src/roles.js'
import { ThreadLauncher } from '../src/thread.js'
import { specOf } from './starting.js'

const local = new LocalLauncher()
const thread = new ThreadLauncher()

let folder: string
let started: Launched[] = []
/**
 * The monitor of those for whom any will do. Like all whose part it is to say something, and not to be a process, it is a
 * thread, which is there sooner.
 */
let monitor: string
let introducing: Launched

useLedger()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-roles-'))
})
beforeAll(async () => {
  const listening = await startMonitor()
  monitor = listening.monitor
  introducing = listening.launched
  // It outlives each test.
  started = []
})
afterAll(async () => {
  introducing.stop()
  await introducing.ended
  await rm(folder, { recursive: true })
})
afterEach(async () => {
  for (const launched of started) {
    launched.stop()
    await launched.ended
  }
  started = []
})

describe.each<[string, Launcher, 'local' | 'thread']>([
  ['processes', local, 'local'],
  ['threads', thread, 'thread'],
])('a mesh of %s', (_kind, launcher, name) => {
  test('runs a program on workers of a node, and what each has to say is told', async () => {
    const node = start(launcher, {
      uid: 'node:0',
      role: 'node',
      monitor,
      execArgv: ['--import', 'data:text/javascript,console.log("here I am")'],
      roleOptions: { launcher: name, workers: 2 },
    })
    await node.launched.ready
    const head = start(launcher, {
      uid: 'head',
      role: 'head',
      monitor,
      roleOptions: { script: await script(ADDS_UP), args: ['3', '4'] },
    })
    expect(await head.launched.ended).toEqual({ code: 7, signal: null })
    expect(head.lines).toEqual(['worker:0:0,worker:0:1'])
    expect(head.reports).toEqual([
      { kind: 'progress', done: 1, total: 2, text: 'half' },
      { kind: 'done', status: 7 },
      CLOSED,
    ])
    node.launched.stop()
    await node.launched.ended
    const line = (uid: string): RoleReport => ({ kind: 'line', uid, stream: 'stdout', text: 'here I am' })
    const ended = (uid: string): RoleReport => ({ kind: 'ended', uid, code: 0, signal: null })
    for (const uid of ['worker:0:0', 'worker:0:1']) {
      expect(node.reports).toContainEqual(line(uid))
      expect(node.reports).toContainEqual(ended(uid))
      const served = uid === 'worker:0:1' ? 1 : 0
      expect(node.reports).toContainEqual({ ...CLOSED, uid, served })
    }
  })
})

describe('a head', () => {
  test('whose program throws prints its stack and ends with code 1', async () => {
    const head = startHead(monitor, await script(`export default () => { throw new TypeError('no primes') }`))
    expect(await head.launched.ended).toEqual({ code: 1, signal: null })
    expect(head.lines.join('\n')).toMatch(/^TypeError: no primes\n {4}at .*program-\d+\.mjs/)
    expect(head.reports).toEqual([{ kind: 'done', status: 1 }, CLOSED])
  })

  test('whose program stops its own runtime ends when the program does, with its status', async () => {
    const program = `export default async (mesh) => { await mesh.runtime.stop(); return 5 }`
    const head = startHead(monitor, await script(program))
    expect(await head.launched.ended).toEqual({ code: 5, signal: null })
    expect(head.reports).toEqual([{ kind: 'done', status: 5 }, CLOSED])
  })

  test('is ready before its program begins', async () => {
    const head = startHead(monitor, await script(`export default () => process.exit(3)`))
    await head.launched.ready
    expect(await head.launched.ended).toEqual({ code: 3, signal: null })
  })

  test('that is stopped does not complain about what its program then can’t do', async () => {
    const program = `export default (mesh) => new Promise((_, reject) => {
      console.log('waiting')
      mesh.runtime.once('close', () => reject(new Error('cut short')))
    })`
    const head = startHead(monitor, await script(program))
    await eventually(() => head.lines.includes('waiting'))
    head.launched.stop()
    expect(await head.launched.ended).toEqual({ code: 0, signal: null })
    expect(head.lines).toEqual(['waiting'])
  })

  test.each([
    ['is not there', 'file:///nowhere/program.js', /Cannot find module.*\/nowhere\/program\.js/],
    ['is no URL', 'program.js', /roleOptions\.script is 'program\.js'/],
  ])('whose script %s can not be started, and the error says which', async (_what, script, message) => {
    // No monitor is there to be asked: that the script is wrong is known before.
    const starting = startHere({ uid: 'head', role: 'head', roleOptions: { script } })
    await expect(starting).rejects.toThrow(message)
  })
})

test('a node without a launcher that there is can not be started', async () => {
  const starting = startHere({ uid: 'node:0', role: 'node', monitor, roleOptions: { launcher: 'rocket' } })
  await expect(starting).rejects.toThrow("launcher is 'rocket'; allowed: local, thread")
})

test('a report that is none of a role’s is not taken for one', () => {
  for (const given of [
    undefined,
    'done',
    { kind: 'done' },
    { kind: 'line', uid: 'a', stream: 'x', text: '' },
    {},
  ]) {
    expect(parseRoleReport(given)).toBeUndefined()
  }
})

const ADDS_UP = `
  export class Adder { add(a, b) { return a + b } }
  export default async function main(mesh, [a, b]) {
    console.log((await mesh.waitForWorkers(2)).join())
    const adder = await mesh.create(Adder, { from: import.meta.url, on: 'worker:0:1' })
    mesh.progress(1, 2, 'half')
    return adder.add(Number(a), Number(b))
  }`

const CLOSED = { kind: 'closed', uid: 'head', served: 0, errors: 0, busiest: expect.any(Number) }

interface Told {
  readonly launched: Launched
  readonly lines: string[]
  readonly reports: (RoleReport | undefined)[]
}

function start(launcher: Launcher, spec: Partial<RuntimeSpec>): Told {
  const lines: string[] = []
  const reports: (RoleReport | undefined)[] = []
  const launched = launcher.start(specOf({ comms: { port: 0 }, ...spec }), {
    line: (_stream, text) => lines.push(text),
    report: (report) => reports.push(parseRoleReport(report)),
  })
  // Backwards: whoever needs another ends before it.
  started.unshift(launched)
  return { launched, lines, reports }
}

/** Starts a role in this thread: it is only to be refused. */
async function startHere(spec: Partial<RuntimeSpec>): Promise<unknown> {
  const transport = new ZmqTransport()
  try {
    return await startRole(specOf({ comms: { port: 0 }, ...spec }), () => {}, transport)
  } finally {
    await transport.close()
  }
}

async function startMonitor(): Promise<{ monitor: string; launched: Launched }> {
  const { launched, reports } = start(thread, { uid: 'monitor', role: 'monitor', monitor: undefined })
  await launched.ready
  const listening = await eventually(() => reports.find((report) => report?.kind === 'listening'))
  return { monitor: listening.kind === 'listening' ? listening.address : '', launched }
}

function startHead(monitor: string, script: string): Told {
  return start(thread, { uid: 'head', role: 'head', monitor, roleOptions: { script } })
}

let scripts = 0

/** Writes a program to a file, and gives its URL. */
async function script(code: string): Promise<string> {
  const path = join(folder, `program-${++scripts}.mjs`)
  await writeFile(path, code)
  return pathToFileURL(path).href
}
