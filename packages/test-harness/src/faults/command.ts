import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Command, InvalidArgumentError, Option } from 'commander'
import { whole, writable } from '../arguments.js'
import { exitStatus } from '../exit-status.js'
import { enter } from './document.js'
import { play, type RowResult } from './rig.js'
import type { Row } from './row.js'
import { rows } from './rows.js'
import { tableOf } from './table.js'

/** Milliseconds between two looks at how late the rig itself is. */
const LAG_RESOLUTION = 20

interface Flags {
  readonly only?: readonly Row[]
  readonly runs: number
  readonly jobs: number
  readonly json?: string
}

/** Does what the command line says, and resolves with the exit status: 0 if all rows are well, 1 if one is not, 2 for wrong usage. */
export function main(args: readonly string[]): Promise<number> {
  return exitStatus(args, faultsCommand, run)
}

async function run({ only, runs, jobs, json }: Flags): Promise<number> {
  const begun = performance.now()
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION })
  lag.enable()
  const results = await play({ rows: only ?? rows, runs, jobs }, tell)
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  const table = tableOf(results)
  console.log(table)
  for (const { name, wrong, skipped } of results) {
    if (skipped !== null) console.error(`${name} was skipped: ${skipped}`)
    for (const line of wrong) console.error(`${name}: ${line}`)
  }
  lag.disable()
  const ok = results.every((result) => result.ok !== false)
  if (json !== undefined) {
    const rigLagMs = Math.round(lag.max / 1e6)
    const all = { rows: results, ok, seconds, options: { runs, jobs }, rigLagMs }
    writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`)
  }
  // A part of the rows would take the place of all.
  if (only === undefined) enter(table, { runs, jobs })
  return ok ? 0 : 1
}

/** Tells whoever looks on how far it is. */
function tell({ name, ok, skipped, seconds }: RowResult): void {
  if (!process.stderr.isTTY) return
  console.error(skipped === null ? `${name}: ${ok ? 'ok' : 'NO'}, ${seconds} s` : `${name}: skipped`)
}

function faultsCommand(start: (flags: Flags) => Promise<void>): Command {
  return new Command('faults')
    .description(
      'Puts one fault after the other on small meshes of processes, and tells what became of them.',
    )
    .addOption(
      new Option('--only <names>', 'the rows to play, with commas between (default: all)').argParser(named),
    )
    .addOption(new Option('--runs <n>', 'how often to play each').argParser(whole(1, 10_000)).default(1))
    .addOption(
      new Option(
        '--jobs <n>',
        'how many to play at once; where processors are short, faults are then known later',
      )
        .argParser(whole(1, 64))
        .default(1),
    )
    .addOption(new Option('--json <file>', 'also write the results to a file').argParser(writable))
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run faults -- --help tells more)')
    .exitOverride()
    .action(start)
}

function named(given: string): readonly Row[] {
  return given.split(',').map((name) => {
    const row = rows.find((each) => each.name === name.trim())
    if (row !== undefined) return row
    throw new InvalidArgumentError(`There is no row '${name.trim()}'. Allowed are ${NAMES}.`)
  })
}

const NAMES = rows.map(({ name }) => name).join(', ')

/** What stands between blanks, indented, in lines of at most 80 columns. */
function folded(text: string): string {
  return text.replace(/(.{1,78})(?: |$)/g, '  $1\n').trimEnd()
}

const HELP = `
Rows:
${folded(NAMES)}

Of each row the table has: how often it was played; p50, p99 and max of the
milliseconds until a fault was known, where it has to be; how many false deaths
there were; how many requests stayed open for ever, and how many ran twice.

All rows take some minutes. On a terminal each is told when it is over.

Exit status: 0 if all rows are as they must be; 1 otherwise; 2 for wrong usage.
docs/faults.md says what each row does, and what counts.`
