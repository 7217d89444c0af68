import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type Outcome, scriptWith } from './support/example.js'

const PROGRAM = fileURLToPath(new URL('../dist/spectrometer.js', import.meta.url))
const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [PROGRAM, ...args])

const SETTINGS = ['{ centre: 589, exposure: 10 }', '{ centre: 589, exposure: 50 }']

/** The lines of one channel, without what they begin with, and the others: between channels there is no order. */
function split(lines: readonly string[], start: RegExp): [readonly string[], readonly string[]] {
  const some = lines.filter((line) => start.test(line)).map((line) => line.replace(start, ''))
  return [some, lines.filter((line) => !start.test(line))]
}

test('the panel is answered and refused, and the viewer, which comes late, sees what both log and what is measured', async () => {
  const { stdout, stderr } = await run()
  const lines = stdout.trimEnd().split('\n')
  // What one program says is in order; whether another speaks in between is chance.
  const saidBy = (role: string) =>
    lines.flatMap((line) => (line.startsWith(role) ? [line.replace(/^.*? \| /, '')] : []))
  expect(saidBy('instrument')).toEqual([expect.stringMatching(/^bound to tcp:\/\/127\.0\.0\.1:\d+$/)])
  const [panelSettings, panel] = split(saidBy('panel'), /^settings: /)
  expect(panelSettings).toEqual(['{ centre: 500, exposure: 10 }', ...SETTINGS])
  expect(panel).toEqual([
    'move 589: done',
    'measure: { nm: 589, counts: 2000 }',
    "move 900: RangeError: the centre can't be 900; allowed: 400 to 700 nm",
    'expose 50: done',
    'measure: { nm: 588, counts: 4095 }',
  ])
  const [viewerSettings, viewer] = split(saidBy('viewer'), /^settings: /)
  expect(viewerSettings).toEqual(SETTINGS)
  const [spectra, log] = split(viewer, /^spectrum /)
  expect(spectra).toEqual(['▁▂▂▅█▅▂▂▁', '▂▃▄███▄▃▂'])
  expect(log).toEqual([
    'info instrument: measured',
    'info panel: measure',
    'warn panel: move 900: refused',
    'info instrument: settings have changed',
    'info panel: expose 50',
    'warn instrument: saturated',
    'info panel: measure',
    'the connection is over: closed by peer',
  ])
  expect(stderr).toBe('')
})

test('Ctrl-C ends all three', async () => {
  const all = spawn(process.execPath, [PROGRAM])
  all.stdout.once('data', () => all.kill('SIGINT'))
  // The three write to the same standard error, which is closed when the last of them has ended.
  expect(await once(all, 'close')).toEqual([0, null])
})

describe('of wrong arguments', () => {
  const wrong = [
    [['lamp', 'localhost:lamp'], "there is no role 'lamp'"],
    [['panel'], 'the address is missing'],
    [
      ['panel', 'localhost'],
      "address is 'localhost'; allowed: host:port, as in localhost:11111 or publichost:name",
    ],
  ] as const
  let outcomes: readonly Outcome[]
  beforeAll(async () => {
    outcomes = await scriptWith(
      'spectrometer',
      wrong.map(([args]) => args),
    )
  })

  test.each(wrong)('%j, it says what is wrong, and the status is 1', (args, message) => {
    const usage = 'usage: spectrometer [instrument ADDRESS | panel ADDRESS | viewer ADDRESS]'
    expect(outcomes[wrong.findIndex(([some]) => some === args)]).toEqual({
      status: 1,
      stdout: '',
      stderr: `spectrometer: ${message}\n\n${usage}\n`,
    })
  })
})
