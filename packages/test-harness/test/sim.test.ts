import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type EndedNode, runNode } from '../src/run-node.js'
import { main } from '../src/sim/command.js'
import { CALM, LENGTH, makePlan, type Plan } from '../src/sim/plan.js'
import { type Counts, noCounts, type Played, type PlayOptions, play } from '../src/sim/play.js'
import type { Sabotage } from '../src/sim/sabotage.js'
import { shrink } from '../src/sim/shrink.js'
import { useLedger } from '../src/use-ledger.js'
import { runHere } from './run-here.js'

useLedger()

const SIM = fileURLToPath(new URL('../bin/sim.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'skein-sim-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs `npm run sim`, without what makes the build current. */
function sim(args: string): Promise<EndedNode> {
  return runNode(SIM, args.split(' '))
}

/** Within so many seeds, what is wrong on purpose is to be found. */
const SEEDS = 500

describe('A plan', () => {
  const plans = Array.from({ length: 50 }, (_, seed) => makePlan(seed))

  test('has enough of everything, and a calm end', () => {
    for (const { runtimes, requests, faults } of plans) {
      expect(runtimes).toBeGreaterThanOrEqual(5)
      expect(requests.length).toBeGreaterThanOrEqual(200)
      expect(faults.length).toBeGreaterThanOrEqual(5)
      for (const { at, until } of faults) {
        expect(at).toBeLessThanOrEqual(until)
        expect(until).toBeLessThanOrEqual(LENGTH - CALM)
      }
    }
  })

  test('is the same for the same seed, and another for another', () => {
    expect(makePlan(7)).toEqual(plans[7])
    expect(makePlan(8)).not.toEqual(plans[7])
  })
})

describe('A simulation', () => {
  test('goes the same way each time', async () => {
    const [first, second] = [await traced(655), await playedAndTraced(655)]
    expect(first.trace.length).toBeGreaterThan(50)
    expect(second).toEqual(first)
  })

  test('finds that a runtime was taken for dead too early, and too late', async () => {
    const counts = noCounts()
    const wanted = ['falseDeaths', 'lateDeaths', 'viewsDiffer'] as const
    // A quick seed that shows all three is played first.
    for (let seed = 39; seed < 49 && wanted.some((name) => counts[name] === 0); seed++) {
      const hasty = await played(seed, { liveness: { suspicion: 1, heartbeatTimeout: 100 } })
      const patient = await played(seed, {
        // No probe is answered in time either: a refusal would end the suspicion of a crash.
        liveness: { suspicion: 60_000, confirmedSuspicion: 60_000, probeTimeout: 1 },
      })
      counts.falseDeaths += hasty.counts.falseDeaths
      counts.lateDeaths += patient.counts.lateDeaths
      counts.viewsDiffer += patient.counts.viewsDiffer
    }
    for (const name of wanted) expect(counts[name]).toBeGreaterThan(0)
  })

  test.each([
    [655, 'a peer that was stalled was given up in the midst of a later handshake'],
    [631, 'a runtime that was late itself gave a suspicion that time twice'],
    [1885, 'a greeting that was read late was taken for that of a later instance'],
    [3615, 'a hand was answered that its sender had given up long since'],
    [8740, 'an introduction that came late was believed of an instance that had crashed'],
    [9280, 'a request waited for the answer of a lost monitor although its peer had come by itself'],
    [11_174, 'a handshake was given up that had lost its time to a stall of our own'],
  ])('finds nothing with seed %i: once, %s', async (seed) => {
    expect((await traced(seed)).wrong).toEqual([])
  })

  // A seed that shows it, and takes little time, stands beside each and is played first: what draws otherwise, and another
  // seed shows it, costs time, but no seed has to be looked for.
  test.each<[Sabotage, keyof Counts, number]>([
    ['refutation', 'falseDeaths', 7],
    ['instance', 'viewsDiffer', 39],
    ['ack', 'lost', 22],
    ['resume', 'lost', 24],
    ['dedup', 'executedTwice', 35],
    ['order', 'reordered', 20],
  ])(
    'without %s finds that %s is not zero',
    async (sabotage, count, first) => {
      let found = 0
      for (let seed = first; found === 0 && seed < first + SEEDS; seed++)
        found = (await played(seed, { sabotage })).counts[count]
      expect(found).toBeGreaterThan(0)
    },
    60_000,
  )

  test('that has failed is shrunk to the faults and to few requests that it takes', async () => {
    const plan = makePlan(1)
    const [culprit] = plan.faults
    const fails = async (smaller: Plan) =>
      smaller.faults.some((fault) => fault === culprit) && smaller.requests.length >= 3
    const { faults, requests } = await shrink(plan, fails)
    expect(faults).toEqual([culprit])
    expect(requests.length).toBeGreaterThanOrEqual(3)
    expect(requests.length).toBeLessThan(6)
  })

  test('that has failed without need of a request is shrunk to none, at once', async () => {
    const plan = makePlan(1)
    const tried: number[] = []
    const fails = async (smaller: Plan) => {
      tried.push(smaller.requests.length)
      return smaller.faults === plan.faults
    }
    expect((await shrink(plan, fails)).requests).toEqual([])
    expect(tried).toEqual([...plan.faults.map(() => plan.requests.length), 0])
  })
})

describe('The command', () => {
  test('plays seeds, and finds nothing', async () => {
    const json = join(folder, 'sim.json')
    const { status, stdout } = await sim(`--seeds 2 --from 46 --jobs 2 --json ${json}`)
    expect(stdout).toMatch(/^seeds +2$/m)
    expect(stdout).toMatch(/^failed seeds +none$/m)
    expect(status).toBe(0)
    const written: object = JSON.parse(readFileSync(json, 'utf8'))
    expect(written).toMatchObject({ seeds: 2, counts: noCounts(), clean: true, failures: [] })
  })

  test('tells what happens, fails without a safeguard, and says how to see it again', async () => {
    const { status, stdout } = await runHere(main, '--seeds 1 --from 22 --sabotage refutation --trace')
    expect(stdout).toMatch(/^ +\d+\.\d{3} s +worker:0:0 +monitor: shaking → alive$/m)
    expect(stdout).toMatch(/^ {2}falseDeaths: .* takes .* for dead \(suspect, silent\), which lives$/m)
    expect(stdout).toContain('npm run sim -- --seeds 1 --from 22 --sabotage refutation --trace\n')
    expect(stdout).toMatch(/^failed seeds +22$/m)
    expect(status).toBe(1)
  })

  test.each([
    ['--seeds none', 'a whole number from 1'],
    ['--from -1', 'a whole number from 0'],
    ['--sabotage luck', 'refutation, instance, ack, resume, dedup, order'],
    ['--speed 9', "unknown option '--speed'"],
    ['--json /nowhere/sim.json', 'There is no folder /nowhere'],
    ['more', 'too many arguments'],
  ])('refuses %s, and says why', async (args, why) => {
    const { status, stdout, stderr } = await runHere(main, args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(why)
  })

  test('has help', async () => {
    const { status, stdout } = await runHere(main, '--help')
    expect(status).toBe(0)
    for (const option of ['seeds <n>', 'from <n>', 'json <file>', 'sabotage <safeguard>', 'trace'])
      expect(stdout).toContain(`--${option}`)
  })
})

/** What becomes of a seed. As for the command, nobody reads where the errors of the mesh come from. */
async function played(seed: number, options?: PlayOptions): Promise<Played> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await play(makePlan(seed), options)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

interface Traced {
  readonly wrong: readonly string[]
  readonly trace: readonly string[]
}

const firstTraces = new Map<number, Promise<Traced>>()

/** What became of a seed when it was first played here. */
function traced(seed: number): Promise<Traced> {
  const first = firstTraces.get(seed) ?? playedAndTraced(seed)
  firstTraces.set(seed, first)
  return first
}

async function playedAndTraced(seed: number): Promise<Traced> {
  const trace: string[] = []
  const { wrong } = await played(seed, { tell: (at, who, what) => trace.push(`${at} ${who} ${what}`) })
  return { wrong, trace }
}
