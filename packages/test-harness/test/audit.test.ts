import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { main } from '../src/audit/command.js'
import type { Findings } from '../src/audit/findings.js'
import type { Sabotage } from '../src/audit/sabotage.js'
import { type Fault, makeSchedule } from '../src/audit/schedule.js'
import { type EndedNode, runNode } from '../src/run-node.js'
import { useLedger } from '../src/use-ledger.js'
import { runHere } from './run-here.js'

useLedger()

const AUDIT = fileURLToPath(new URL('../bin/audit.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'skein-audit-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs `npm run audit`, without what makes the build current. */
function audit(args: string): Promise<EndedNode> {
  return runNode(AUDIT, args.split(' '))
}

/** The same, in this process. */
function auditHere(args: string): Promise<EndedNode> {
  return runHere(main, args)
}

const NONE = {
  unsettled: 0,
  executedTwice: 0,
  noButExecuted: 0,
  reordered: 0,
  lostOneWay: 0,
  doubledOneWay: 0,
  corrupted: 0,
  unasked: 0,
  streamItemsLost: 0,
  streamItemsDoubled: 0,
  streamItemsReordered: 0,
  streamItemsAfterEnd: 0,
  streamErrorsEarly: 0,
  streamsUnended: 0,
  streamsBroken: 0,
  generatorsUnfinished: 0,
}

/** What an audit takes to show that a safeguard is missing: a fault that is in it with each of these seeds. */
interface Sabotaged {
  readonly safeguard: Sabotage
  readonly options: string
  readonly fault: Fault
  readonly violation: keyof Findings
  /** What members do meanwhile is not the same each time: one of these is to show what is missing, as the first mostly does. */
  readonly seeds: readonly number[]
}

const SABOTAGED: readonly Sabotaged[] = [
  {
    safeguard: 'dedup',
    options: '--members 3 --requests 60 --cuts 1',
    fault: 'repeat',
    violation: 'executedTwice',
    seeds: [18, 12, 14, 21, 24],
  },
  // Whoever resumes nothing loses something at any cut.
  {
    safeguard: 'resume',
    options: '--members 3 --requests 40 --cuts 1',
    fault: 'frozen',
    violation: 'unsettled',
    seeds: [19, 7, 8, 9, 15],
  },
  // These two take more: whether they show depends on what is under way.
  {
    safeguard: 'token',
    options: '--requests 400 --cuts 4',
    fault: 'give-up',
    violation: 'reordered',
    seeds: [1, 2, 3, 4, 5, 6],
  },
  {
    safeguard: 'order',
    options: '--requests 400 --cuts 5',
    fault: 'swap',
    violation: 'reordered',
    seeds: [1, 2, 3, 4, 5, 6],
  },
]

describe('An audit', () => {
  test.each([
    ['tcp', audit],
    ['memory', auditHere],
  ] as const)(
    'over %s is clean after faults of all kinds and a kill',
    async (transport, run) => {
      const json = join(folder, `${transport}.json`)
      const { status, stdout } = await run(
        `--members 3 --requests 500 --cuts 9 --kills 1 --seed 1 --transport ${transport} --json ${json}`,
      )
      const findings: Findings = JSON.parse(stdout)
      expect(findings).toMatchObject(NONE)
      expect(status).toBe(0)
      expect(findings.requests).toBeGreaterThanOrEqual(500)
      expect(findings.streamItems).toBeGreaterThan(0)
      const written: object = JSON.parse(readFileSync(json, 'utf8'))
      const schedule = makeSchedule({ members: 3, requests: 500, cuts: 9, kills: 1, seed: 1 })
      expect(written).toMatchObject({ ...findings, clean: true, givenUp: null, schedule })
    },
    60_000,
  )

  test.each(SABOTAGED)(
    'without $safeguard fails: $violation is not zero',
    async ({ safeguard, options, fault, violation, seeds }) => {
      const json = join(folder, `without-${safeguard}.json`)
      let found = 0
      for (const seed of seeds) {
        const args = `${options} --kills 0 --patience 2 --transport memory --sabotage ${safeguard} --seed ${seed}`
        const { status, stdout } = await runHere(main, `${args} --json ${json}`)
        const written: object = JSON.parse(readFileSync(json, 'utf8'))
        expect(written).toMatchObject({
          schedule: expect.arrayContaining([expect.objectContaining({ fault })]),
        })
        const findings: Findings = JSON.parse(stdout)
        found = Number(findings[violation])
        if (found === 0) continue
        expect(status).toBe(1)
        break
      }
      expect(found).toBeGreaterThan(0)
    },
    60_000,
  )

  test.each([
    ['--members 2', 'a whole number from 3'],
    ['--requests none', 'a whole number from 1'],
    ['--cuts -1', 'a whole number from 0'],
    ['--transport pigeon', 'tcp, ipc, memory'],
    ['--sabotage luck', 'dedup, resume, token, order'],
    ['--speed 9', "unknown option '--speed'"],
    ['--json /nowhere/audit.json', 'There is no folder /nowhere'],
    ['more', 'too many arguments'],
  ])('refuses %s, and says why', async (args, why) => {
    const { status, stdout, stderr } = await runHere(main, args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(why)
  })

  test('has help', async () => {
    const { status, stdout } = await runHere(main, '--help')
    expect(status).toBe(0)
    for (const option of ['members', 'requests', 'cuts', 'kills', 'seed', 'transport', 'sabotage', 'json']) {
      expect(stdout).toContain(`--${option} <`)
    }
  })
})
