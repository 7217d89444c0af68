import { writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { whole, writable } from '../arguments.js'
import { exitStatus } from '../exit-status.js'
import { type AuditOptions, audit } from './audit.js'
import { isClean, type Suspect } from './findings.js'
import { operations } from './operations.js'
import { SABOTAGES } from './sabotage.js'
import { FEWEST } from './schedule.js'

interface Flags extends Omit<AuditOptions, 'patience'> {
  /** Seconds. */
  readonly patience: number
  readonly json?: string
  readonly verbose?: boolean
}

/** Does what the command line says, and resolves with the exit status: 0 for a clean audit, 1 for any other, 2 for wrong usage. */
export function main(args: readonly string[]): Promise<number> {
  return exitStatus(args, auditCommand, run)
}

async function run({ json, verbose, patience, ...options }: Flags): Promise<number> {
  const begun = performance.now()
  const passed = () => Math.round((performance.now() - begun) / 100) / 10
  const tell = (line: string) => verbose === true && console.error(`${passed().toFixed(1)} s ${line}`)
  const { findings, suspects, schedule, givenUp } = await audit(
    { ...options, patience: patience * 1000 },
    tell,
  )
  const seconds = passed()
  const clean = isClean(findings) && givenUp === undefined
  if (givenUp !== undefined) console.error(`The run was given up: ${givenUp}.`)
  for (const suspect of suspects) tell(describeSuspect(suspect))
  console.log(JSON.stringify(findings, undefined, 2))
  if (json !== undefined) {
    const all = { ...findings, clean, givenUp: givenUp ?? null, seconds, options, suspects, schedule }
    writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`)
  }
  return clean ? 0 : 1
}

function describeSuspect({
  violation,
  caller,
  receiver,
  seq,
  operation,
  outcome,
  executions,
}: Suspect): string {
  const name = operations[operation]?.name
  const what = `${name} ${seq} of member ${caller} to member ${receiver}`
  return `${violation}: ${what} (${outcome}, started ${executions} times)`
}

function auditCommand(start: (flags: Flags) => Promise<void>): Command {
  return new Command('audit')
    .description(
      'Cuts, kills and confuses a mesh under traffic, and counts what went wrong with its requests.',
    )
    .addOption(
      new Option('--members <n>', 'how many runtimes ask each other')
        .argParser(whole(FEWEST, 100))
        .default(5),
    )
    .addOption(
      new Option('--requests <n>', 'how many requests to make')
        .argParser(whole(1, 4_000_000))
        .default(20_000),
    )
    .addOption(
      new Option('--cuts <n>', 'how many faults of connections').argParser(whole(0, 10_000)).default(20),
    )
    .addOption(
      new Option('--kills <n>', 'how many members to kill and replace').argParser(whole(0, 1000)).default(2),
    )
    .addOption(
      new Option('--seed <n>', 'which faults, where and when').argParser(whole(0, 2 ** 32 - 1)).default(1),
    )
    .addOption(
      new Option('--transport <lane>', 'what links the members')
        .choices(['tcp', 'ipc', 'memory'])
        .default('tcp'),
    )
    .addOption(new Option('--sabotage <safeguard>', 'do without one: the audit must fail').choices(SABOTAGES))
    .addOption(
      new Option('--patience <seconds>', 'give up when nothing has progressed for so long')
        .argParser(whole(1, 3600))
        .default(20),
    )
    .addOption(
      new Option('--json <file>', 'also write everything to a file, the schedule included').argParser(
        writable,
      ),
    )
    .option('--verbose', 'say what is done, on standard error')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .showHelpAfterError('(npm run audit -- --help tells more)')
    .exitOverride()
    .action(start)
}

const HELP = `
Prints what it counted as JSON. Exit status: 0 if nothing was lost, doubled,
disordered or left open; 1 otherwise, or if the run hung; 2 for wrong usage.
docs/audit.md says what is counted.`
