import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { exitStatus, writable } from '@skein/test-harness'
import { Argument, Command, Option } from 'commander'
import type { Measured } from './suite.js'
import { suites } from './suites.js'
import { tableOf } from './table.js'

interface Flags {
  readonly quick?: boolean
  readonly json?: string
}

/** Does what the command line says, and resolves with the exit status: 0, or 2 for wrong usage. */
export function main(args: readonly string[]): Promise<number> {
  return exitStatus(args, benchCommand, run)
}

async function run(names: readonly string[], { quick = false, json }: Flags): Promise<number> {
  const measured: (Measured & { readonly suite: string })[] = []
  for (const suite of suites.filter(({ name }) => names.includes(name))) {
    const result = await suite.measure({ quick, tell })
    measured.push({ suite: suite.name, ...result })
    console.log(tableOf(suite, result))
  }
  const machine = { processors: availableParallelism(), model: cpus()[0]?.model, node: process.version }
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ machine, suites: measured }, undefined, 2)}\n`)
  return 0
}

/** What is being measured, for whoever waits in front of a terminal. */
function tell(text: string): void {
  if (process.stderr.isTTY) console.error(`measuring ${text} ...`)
}

function benchCommand(start: (names: readonly string[], flags: Flags) => Promise<void>): Command {
  const names = suites.map(({ name }) => name)
  return new Command('bench')
    .description('Measures how fast Skein is, and what it costs.')
    .addArgument(new Argument('<suite...>', 'what to measure').choices(names))
    .option('--quick', 'take less time, and be less exact')
    .addOption(new Option('--json <file>', 'also write everything to a file').argParser(writable))
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `\nSuites:\n${suites.map(({ name, summary }) => `  ${name}  ${summary}`).join('\n')}\n${HELP}`,
    )
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run bench -- --help tells more)')
    .exitOverride()
    .action(start)
}

const HELP = `
The suite rest has a column for each choice of lanes. corePercent is what the
whole process takes of one processor, in percent; takenForUnwell is how often
somebody was taken for stalled, suspect, unreachable or dead, and should be 0;
linkedMs is how long it took to make the mesh; rssMiB is the memory of the
process. It takes about four minutes, or somewhat more than one with --quick.

Exit status: 0 if it was measured; 1 if that failed; 2 for wrong usage.`
