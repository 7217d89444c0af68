import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { MemberLog } from '../src/audit/logs.js'
import type { AuditRecord } from '../src/audit/record.js'
import { eventually } from '../src/eventually.js'
import { main } from '../src/faults/command.js'
import { judge, type RunRecord } from '../src/faults/judge.js'
import { play, type RowResult } from '../src/faults/rig.js'
import { KILL, type Row } from '../src/faults/row.js'
import { rows } from '../src/faults/rows.js'
import { tableOf } from '../src/faults/table.js'
import { descendantsOf, isRunning } from '../src/process-tree.js'
import { type EndedNode, runNode } from '../src/run-node.js'
import { sized } from '../src/size.js'
import { useLedger } from '../src/use-ledger.js'
import { runHere } from './run-here.js'

useLedger()

const FAULTS = fileURLToPath(new URL('../bin/faults.mjs', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../../../docs/faults.md', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'skein-faults-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs `npm run faults`, without what makes the build current. */
function faults(args: string): Promise<EndedNode> {
  return runNode(FAULTS, args.split(' '))
}

describe('The command', () => {
  // A row takes five processes.
  test('plays the rows that it is told to, and writes what became of them', async () => {
    const json = join(folder, 'faults.json')
    // How soon a death is known is not for a machine that others share.
    const only = sized('short-freeze', 'kill,short-freeze')
    const { status, stdout } = await faults(`--only ${only} --json ${json}`)
    expect(stdout).toMatch(/^\| short-freeze +\| +1 \|.* ok \|$/m)
    expect(status).toBe(0)
    const counts = { runs: 1, falseDeaths: 0, unsettled: 0, executedTwice: 0, ok: true, skipped: null }
    const detectMs = { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) }
    const written: object = JSON.parse(readFileSync(json, 'utf8'))
    const kill = { name: 'kill', expected: expect.stringContaining('p99 < 500 ms'), detectMs, ...counts }
    const freeze = { name: 'short-freeze', detectMs: null, ...counts }
    expect(written).toMatchObject({ rows: sized([freeze], [kill, freeze]), ok: true })
  })

  test('refuses what it does not know, and says what is allowed', async () => {
    const wrong: [string, string][] = [
      [
        '--only kill,earthquake',
        `no row 'earthquake'. Allowed are ${rows.map(({ name }) => name).join(', ')}`,
      ],
      ['--runs none', 'a whole number from 1'],
      ['--json /nowhere/faults.json', 'There is no folder /nowhere'],
      ['more', 'too many arguments'],
    ]
    for (const [args, why] of wrong) {
      const { status, stdout, stderr } = await runHere(main, args)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toContain(why)
    }
  })

  test('that is interrupted leaves no process behind', async () => {
    const rig = spawn(process.execPath, [FAULTS, '--only', 'freeze'], { stdio: 'ignore' })
    const members = await eventually(
      () => {
        const found = descendantsOf(rig.pid ?? 0)
        return found.length === 5 && found
      },
      { timeout: 15_000 },
    )
    const exited = once(rig, 'exit')
    rig.kill('SIGINT')
    expect(await exited).toEqual([130, null])
    await eventually(() => !members.some(isRunning))
  })
})

describe('The rig', () => {
  test('takes a row that throws for one that has failed, ends its mesh, and plays the next', async () => {
    const broken = {
      name: 'broken',
      expected: 'nothing',
      setting: 'host',
      async play(stage) {
        await stage.start(0)
        throw new Error('it broke')
      },
    } satisfies Row
    const fine: Row = { name: 'fine', expected: 'nothing', setting: 'host', play: async () => {} }
    const [result, next] = await play({ rows: [broken, fine], runs: 1, jobs: 1 }, () => {})
    expect(result).toMatchObject({ name: 'broken', ok: false, skipped: null })
    expect(result?.wrong.join()).toContain('it broke')
    expect(next).toMatchObject({ name: 'fine', detectMs: null, ok: true, skipped: null, wrong: [] })
  })
})

describe('A row', () => {
  const fine: RunRecord = {
    deaths: [{ observer: 0, subject: 1, at: 20, what: 'a took b for dead' }],
    excuses: [{ observer: 0, subject: 1, from: 10 }],
    detections: [100, 200, 300],
    logs: [],
    unmet: [],
  }

  test('is fine if only those were taken for dead who may be, in time', () => {
    expect(judge([fine, { ...fine, detections: [499] }], KILL)).toMatchObject({
      detectMs: { p50: 200, p99: 499, max: 499 },
      falseDeaths: 0,
      wrong: [],
      ok: true,
    })
  })

  test('is fine if anybody takes a dead one for dead', () => {
    const excuses = [{ observer: undefined, subject: 1, from: 10 }]
    expect(judge([{ ...fine, excuses }], KILL)).toMatchObject({ falseDeaths: 0, ok: true })
  })

  test.each<[string, Partial<RunRecord>]>([
    ['was taken for dead by another than may', { excuses: [{ observer: 2, subject: 1, from: 10 }] }],
    ['may be taken for dead only later', { excuses: [{ observer: 0, subject: 1, from: 30 }] }],
    ['may take that one for dead, and not be', { excuses: [{ observer: 1, subject: 0, from: 10 }] }],
    ['was none of the mesh', { deaths: [{ observer: 0, subject: undefined, at: 20, what: '' }] }],
  ])('is not if one %s', (_, change) => {
    expect(judge([fine, { ...fine, ...change }], KILL)).toMatchObject({ falseDeaths: 1, ok: false })
  })

  test.each<[string, Partial<RunRecord>, string]>([
    ['somebody noticed too late', { detections: [100, 500] }, 'p99 is 500 ms'],
    ['nobody noticed', { detections: [] }, 'nobody has noticed'],
    ['it did not show what it had to', { unmet: ['views differ'] }, 'views differ'],
  ])('is not if %s', (_, change, why) => {
    const { ok, wrong } = judge([{ ...fine, ...change }], KILL)
    expect([ok, wrong]).toEqual([false, [expect.stringContaining(why)]])
  })

  test('is not if a request never settled, ran twice, or ran after all', () => {
    const about = { peer: 1, seq: 1 } as const
    const sent: AuditRecord = { kind: 'sent', ...about, operation: 0, bytes: 0 }
    const ran: AuditRecord = { kind: 'executed', peer: 0, seq: 1, bytes: 0 }
    const settledAs = (outcome: 'result' | 'ERR_PEER_LOST', executed?: 'no'): AuditRecord => ({
      kind: 'settled',
      ...about,
      outcome,
      executed,
    })
    const judged = (caller: AuditRecord[], receiver: AuditRecord[]) => {
      const logs: MemberLog[] = [
        { member: 0, lived: true, records: caller },
        { member: 1, lived: true, records: receiver },
      ]
      return judge([{ ...fine, logs }], KILL)
    }
    expect(judged([sent, settledAs('result')], [ran])).toMatchObject({ requests: 1, ok: true })
    expect(judged([sent], [ran])).toMatchObject({ unsettled: 1, ok: false })
    expect(judged([sent, settledAs('result')], [ran, ran])).toMatchObject({ executedTwice: 1, ok: false })
    expect(judged([sent, settledAs('ERR_PEER_LOST', 'no')], [ran]).ok).toBe(false)
  })
})

test('the table is no wider than a terminal, and does not take a skipped row for one that is fine', () => {
  const nothing = { detectMs: null, falseDeaths: 0, unsettled: 0, executedTwice: 0, requests: 0, wrong: [] }
  const result = { ...nothing, runs: 20, expected: '', seconds: 1, skipped: null, ok: true }
  const results = rows.map(({ name }): RowResult => ({ ...result, name }))
  const [first = { ...result, name: '' }, ...others] = results
  const detectMs = { p50: 12_345, p99: 12_345, max: 12_345 }
  const skipped = { ...first, runs: 0, ok: null, skipped: 'there is no ip' }
  const lines = tableOf([skipped, { ...first, detectMs }, ...others]).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[2]).toMatch(/ skip /)
  expect(lines[2]).not.toMatch(/ok/)
})

test('docs/faults.md tells of every row', () => {
  const text = readFileSync(DOCUMENT, 'utf8')
  expect(rows.map(({ name }) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([])
})
