import { writeFileSync } from 'node:fs'
import { exitStatus, writable } from '@skein/test-harness'
import { Argument, Command, Help, Option } from 'commander'
import { atHand } from './installed.js'
import { Interrupted, interruptible } from './interrupts.js'
import { Progress } from './progress.js'
import { writeDocs } from './report/docs.js'
import { reportOf, type SuiteReport } from './report/report.js'
import { drawer } from './report/svg.js'
import { ratioTableOf, tableOf } from './report/table.js'
import type { Suite, Tell } from './suite.js'
import { suites } from './suites.js'

interface Flags {
  readonly quick?: boolean
  readonly json?: string
  readonly docs?: boolean
}

/** Does what the command line says, and resolves with the exit status, as the help lists them. */
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
  const progress = new Progress()
  const measured: SuiteReport[] = []
  for (const suite of chosen) {
    const systems = found.present.flatMap(({ system }) => (suite.systems.includes(system) ? system : []))
    const tell: Tell = (stage, step) => progress.tell(`${suite.name}: ${stage}`, step)
    const measuring = suite.measure({ systems, quick, tell, signal }).finally(() => progress.clear())
    const result = { suite: suite.name, ...(await measuring) }
    measured.push(result)
    console.log(textOf(suite, result, quick))
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

function textOf({ name, summary, columns }: Suite, { rows, ratios }: SuiteReport, quick: boolean): string {
  const word = quick ? `\n--quick ${QUICK}.` : ''
  return `${name}: ${summary}${word}\n\n${tableOf(columns, rows)}\n\n${ratioTableOf(ratios)}\n`
}

function benchCommand(start: (names: readonly string[], flags: Flags) => Promise<void>): Command {
  const names = suites.map(({ name }) => name)
  return new Command('bench')
    .description('Measures how fast Skein is, and what it costs.')
    .addArgument(new Argument('<suite...>', 'what to measure').choices(names))
    .addOption(new Option('--quick', QUICK).conflicts('docs'))
    .addOption(new Option('--json <file>', 'also write everything to a file').argParser(writable))
    .option('--docs', 'also write tables and charts into docs/performance.md and docs/bench')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\nSuites:\n${helpOfSuites()}\n${HELP}`)
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run bench -- --help tells more)')
    .exitOverride()
    .action(start)
}

function helpOfSuites(): string {
  const help = new Help()
  help.helpWidth = HELP_WIDTH
  const width = Math.max(...suites.map(({ name }) => name.length))
  return suites.map(({ name, summary }) => help.formatItem(name, width, summary, help)).join('\n')
}

const HELP_WIDTH = 80

/** What it is for. */
const QUICK = 'shows that it runs; its ratios are rough'

const HELP = `
docs/performance.md says what is measured and how to read it. A system that is
not installed is left out.

Exit status: 0 if it was measured; 1 if that failed; 2 for wrong usage; 129, 130
or 143 if it was ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM.`
