import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { atHand } from '../src/installed.js'
import { DOCS, replaced, writeDocs } from '../src/report/docs.js'
import { reportOf } from '../src/report/report.js'
import type { Suite } from '../src/suite.js'
import { rpc } from '../src/suites/rpc.js'
import { suites } from '../src/suites.js'
import { raw } from '../src/systems/raw.js'
import { madeUp } from './made-up.js'

const absent = madeUp('absent', { packages: ['@nowhere/at-all'] })
const programless = madeUp('programless', { programs: [{ name: 'no-such-program', version: ['-v'] }] })

const suite: Suite = { ...rpc, systems: [raw, absent] }
const rows = [
  { system: 'raw', lane: 'tcp', window: 1, payload: 'small object', perSecond: 1234, low: 1200, high: 1300 },
  { system: 'raw', lane: 'ipc', window: 8, payload: 'small object', perSecond: 12_345, low: 1, high: 20_000 },
]
const measured = { rows, ratios: { 'tcp w1 over raw': 0.5 } }

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-bench-docs-'))
})

afterAll(() => rm(folder, { recursive: true }))

test('a system of which something is not installed is left out, with a word', () => {
  const { present, skipped } = atHand([raw, absent, programless])
  expect(present).toMatchObject([
    { system: raw, version: expect.stringMatching(/^zeromq \d.*, @msgpack\S+ \d/) },
  ])
  expect(skipped).toEqual([
    { system: absent, why: '@nowhere/at-all is not installed' },
    { system: programless, why: 'no-such-program is not installed' },
  ])
})

test('a report says what was measured, with versions and settings, and what was not, and why', () => {
  const report = reportOf('the command', atHand([raw, absent]), [{ suite: 'rpc', ...measured }])
  expect(JSON.parse(JSON.stringify(report))).toEqual({
    command: 'the command',
    machine: {
      processors: expect.any(Number),
      model: expect.any(String),
      platform: expect.any(String),
      node: process.version,
    },
    systems: [{ system: 'raw', version: expect.any(String), settings: raw.settings }],
    skipped: [{ system: 'absent', why: '@nowhere/at-all is not installed' }],
    suites: [{ suite: 'rpc', rows, ratios: measured.ratios }],
  })
})

test('tables and charts go into the documents, in place of those that were there', async () => {
  const docs = pathToFileURL(`${folder}/`)
  const page = new URL('performance.md', docs)
  await writeFile(page, 'before\n<!-- bench:rpc -->\nold\n<!-- /bench:rpc -->\nafter\n')
  const report = reportOf('npm run bench -- rpc', atHand(suite.systems), [])
  await writeDocs(suite, measured, report, docs)
  await writeDocs(suite, measured, report, docs)
  const written = await readFile(page, 'utf8')
  expect(written).toMatch(
    /^before\n<!-- bench:rpc -->\n`npm run bench -- rpc`, on [\s\S]*<!-- \/bench:rpc -->\nafter\n$/,
  )
  expect(written).toContain('| raw    | tcp  |      1 |   1 230 |')
  expect(written).toContain('| tcp w1 | 0.500 |')
  expect(written).toContain('![a small object echoed, by Skein and by others in turn](bench/rpc.svg)')
  expect(written).toContain('- absent: not measured, @nowhere/at-all is not installed')
  expect(written).not.toContain('old')
  const svg = await readFile(new URL('bench/rpc.svg', docs), 'utf8')
  expect(svg).toMatch(/^<svg /)
  for (const text of ['calls per second', 'calls under way at a time', 'ipc', '10 000'])
    expect(svg).toContain(`>${text}<`)
})

test('a page without markers is refused', () => {
  expect(() => replaced('nothing', 'rpc', '')).toThrow("has no '<!-- bench:rpc -->'")
})

test.each(suites.map(({ name }) => name))('the page has a place for %s', async (name) => {
  const page = await readFile(new URL('performance.md', DOCS), 'utf8')
  expect(replaced(page, name, 'here')).toContain(`<!-- bench:${name} -->\nhere\n<!-- /bench:${name} -->`)
})
