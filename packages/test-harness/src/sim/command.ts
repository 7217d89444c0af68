import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { whole, writable } from '../arguments.js'
import { exitStatus } from '../exit-status.js'
import { makePlan, type Plan } from './plan.js'
import { instant, isClean, type Tell } from './play.js'
import { playHere, playSpread } from './players.js'
import { SABOTAGES, type Sabotage } from './sabotage.js'
import { failsWith, shrink } from './shrink.js'
import { added, NOTHING, type Totals, tableOf } from './totals.js'

interface Flags {
  readonly seeds: number
  readonly from: number
  readonly jobs: number
  readonly json?: string
  readonly trace?: boolean
  readonly sabotage?: Sabotage
}

/** Seeds that have failed and are shrunk: what the first of them show is enough to begin with. */
const MOST_SHRUNK = 3

/** Characters of a plan that are printed: a screen of 80 columns and 24 lines. */
const MOST_SHOWN = 1900

/** A seed that has failed. */
interface Failure {
  readonly seed: number
  /** What went wrong. */
  readonly wrong: readonly string[]
  /** The smallest plan that fails as well, for the first seeds that did. */
  readonly smallest?: Plan
}

/** Does what the command line says, and resolves with the exit status: 0 if nothing went wrong, 1 if something did, 2 for wrong usage. */
export function main(args: readonly string[]): Promise<number> {
  return exitStatus(args, simCommand, run)
}

async function run({ seeds, from, jobs, json, trace, sabotage }: Flags): Promise<number> {
  const begun = performance.now()
  // Nobody reads where the errors of the mesh come from, and to find out takes longer than all else about them.
  Error.stackTraceLimit = 0
  let totals: Totals = NOTHING
  const failures: Failure[] = []
  const runs =
    trace === true || jobs === 1
      ? playHere(from, seeds, { sabotage, tell: trace === true ? tell : undefined })
      : playSpread(from, seeds, Math.min(jobs, seeds), { sabotage })
  for await (const { seed, played } of runs) {
    const plan = makePlan(seed)
    totals = added(totals, plan, played)
    if (isClean(played.counts)) continue
    const failure: Failure = { seed, wrong: played.wrong }
    const isShrunk = failures.length < MOST_SHRUNK
    failures.push(isShrunk ? { ...failure, smallest: await shrink(plan, failsWith({ sabotage })) } : failure)
    for (const line of linesOf(failures.at(-1) ?? failure, sabotage)) console.log(line)
  }
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  console.log(tableOf(totals))
  if (json !== undefined) {
    const all = {
      ...totals,
      clean: failures.length === 0,
      seconds,
      options: { seeds, from, sabotage },
      failures,
    }
    writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`)
  }
  return failures.length === 0 ? 0 : 1
}

const tell: Tell = (at, who, what) => console.log(`${instant(at).padStart(10)}  ${who.padEnd(12)} ${what}`)

/** A plan that few can read is for the file. */
function shown(plan: Plan): string {
  const text = JSON.stringify(plan)
  if (text.length <= MOST_SHOWN) return text
  return `${plan.faults.length} faults and ${plan.requests.length} requests, too long to show; --json <file> has it`
}

function linesOf({ seed, wrong, smallest }: Failure, sabotage: Sabotage | undefined): string[] {
  const off = sabotage === undefined ? '' : ` --sabotage ${sabotage}`
  const lines = [`Seed ${seed} fails:`, ...wrong.map((line) => `  ${line}`)]
  lines.push(`  To see it again: npm run sim -- --seeds 1 --from ${seed}${off} --trace`)
  if (smallest !== undefined) lines.push(`  The smallest plan that fails: ${shown(smallest)}`)
  return lines
}

function simCommand(start: (flags: Flags) => Promise<void>): Command {
  return new Command('sim')
    .description('Plays meshes in memory, to which happens what their seeds say, and counts what went wrong.')
    .addOption(
      new Option('--seeds <n>', 'how many seeds to play').argParser(whole(1, 10_000_000)).default(100),
    )
    .addOption(new Option('--from <n>', 'the first of them').argParser(whole(0, 2 ** 32 - 1)).default(1))
    .addOption(
      new Option('--jobs <n>', 'how many processes play them; 1 for this one alone')
        .argParser(whole(1, 256))
        .default(availableParallelism(), 'one for each processor'),
    )
    .addOption(
      new Option('--json <file>', 'also write everything to a file, smallest plans included').argParser(
        writable,
      ),
    )
    .addOption(
      new Option('--sabotage <safeguard>', 'take this safeguard away: some seeds must then fail').choices(
        SABOTAGES,
      ),
    )
    .option('--trace', 'say what happens, and when; best with --seeds 1')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run sim -- --help tells more)')
    .exitOverride()
    .action(start)
}

const HELP = `
Exit status: 0 if every count is zero; 1 otherwise; 2 for wrong usage.
docs/simulation.md says what is counted, what each safeguard does, and how a
trace is read.`
