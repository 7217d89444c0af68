import { writeFileSync } from 'node:fs'
import { exitStatus, writable } from '@skein/test-harness'
import { Argument, Command, Option } from 'commander'
import { atHand } from './installed.js'
import { Interrupted, interruptible } from './interrupts.js'
import { writeDocs } from './report/docs.js'
import { reportOf, type SuiteReport } from './report/report.js'
import { drawer } from './report/svg.js'
import { ratioTableOf, tableOf } from './report/table.js'
import type { Suite } from './suite.js'
import { suites } from './suites.js'

interface Flags {
  readonly quick?: boolean
  readonly json?: string
  readonly docs?: boolean
}

/** Does what the command line says, and resolves with the exit status: 0, or 2 for wrong usage. */
export function main(args: readonly string[]): Promise<number> {
  return exitStatus(args, benchCommand, run)
}

async function run(names: readonly string[], flags: Flags): Promise<number> {
  try {
    await interruptible((signal) => bench(names, flags, signal))
    return 0
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`)
    return error instanceof Interrupted ? error.exitStatus : 1
  }
}

async function bench(
  names: readonly string[],
  { quick = false, json, docs = false }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const chosen = suites.filter(({ name }) => names.includes(name))
  const found = atHand(new Set(chosen.flatMap(({ systems }) => systems)))
  for (const { system, why } of found.skipped) console.error(`bench: without ${system.name}: ${why}`)
  // That it is missing is better known before minutes of measuring than after.
  if (docs) await drawer()
  const measured: SuiteReport[] = []
  for (const suite of chosen) {
    const systems = found.present.flatMap(({ system }) => (suite.systems.includes(system) ? system : []))
    const tell = (text: string) => waiting(`${suite.name}: ${text}`)
    const result = { suite: suite.name, ...(await suite.measure({ systems, quick, tell, signal })) }
    measured.push(result)
    console.log(textOf(suite, result))
    // After each: what is measured stays, should a later one fail.
    if (docs) await writeDocs(suite, result, reportOf(commandOf([suite], quick), found, []))
    const report = reportOf(commandOf(chosen, quick), found, measured)
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
}

/** What measures the same again. */
function commandOf(chosen: readonly Suite[], quick: boolean): string {
  return `npm run bench -- ${chosen.map(({ name }) => name).join(' ')}${quick ? ' --quick' : ''}`
}

function textOf({ name, summary, columns }: Suite, { rows, ratios }: SuiteReport): string {
  return `${name}: ${summary}\n\n${tableOf(columns, rows)}\n\n${ratioTableOf(ratios)}\n`
}

/** What is being done, for whoever waits in front of a terminal. */
function waiting(text: string): void {
  if (process.stderr.isTTY) console.error(`${text} ...`)
}

function benchCommand(start: (names: readonly string[], flags: Flags) => Promise<void>): Command {
  const names = suites.map(({ name }) => name)
  return new Command('bench')
    .description('Measures how fast Skein is, and what it costs.')
    .addArgument(new Argument('<suite...>', 'what to measure').choices(names))
    .option('--quick', 'take less time, and be less exact')
    .addOption(new Option('--json <file>', 'also write everything to a file').argParser(writable))
    .option('--docs', 'also write tables and charts into docs/performance.md and docs/bench')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `\nSuites:\n${suites.map(({ name, summary }) => `  ${name.padEnd(7)}  ${summary}`).join('\n')}\n${HELP}`,
    )
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run bench -- --help tells more)')
    .exitOverride()
    .action(start)
}

const HELP = `
docs/performance.md says what is measured and how to read it. A system that is
not installed is left out.

Exit status: 0 if it was measured; 1 if that failed; 2 for wrong usage.`
