import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, CommanderError, Option } from 'commander'
import { MANIFEST } from '../files.js'
import { addBroker } from './broker-command.js'
import {
  checkNodes,
  isScript,
  LAUNCHERS,
  parseCount,
  parseSeconds,
  type RunOptions,
  scriptAt,
} from './options.js'

/** Exit status for wrong usage, as of shells and their builtins. */
const USAGE = 2

interface RunFlags {
  readonly workers: number
  readonly nodes: number
  readonly launcher: RunOptions['launcher']
  readonly drain: number
  readonly stallReports?: boolean
  readonly quiet?: boolean
}

/**
 * Does what the command line says, and resolves with the exit status: the program's own; 1 for an error that nobody
 * caught, or if the mesh could not be started; 2 for wrong usage; 128 and the signal's number where one ended it.
 */
export async function main(args: readonly string[]): Promise<number> {
  let status = 0
  const command = skein(async (options) => {
    // Only now: help and complaints shall not wait until all of it is loaded.
    const { run } = await import('./run.js')
    status = await run(options)
  })
  addBroker(command, (given) => {
    status = given
  })
  try {
    const [word = ''] = args
    if (isScript(word)) forgottenRun(command, args)
    await command.parseAsync(helpOf(args), { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has been printed: help that was asked for is no error, help in place of an error is one.
    return error.exitCode === 0 ? 0 : USAGE
  }
}

/** `help broker check` as `broker check --help`: the parser's own `help` knows only the first word of a command. */
function helpOf(args: readonly string[]): readonly string[] {
  const [word, ...names] = args
  return word === 'help' && names.length > 1 ? [...names, '--help'] : args
}

function forgottenRun(command: Command, args: readonly string[]): never {
  command.error(`error: unknown command '${args[0]}'\n(Did you mean skein run ${args.join(' ')}?)`)
}

function skein(start: (options: RunOptions) => Promise<void>): Command {
  const command = new Command('skein')
    .description('A runtime mesh for Node.js: spawn runtimes, call their methods, know who is alive.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // Options of a command that has others below it stand before their names, and theirs behind.
    .enablePositionalOptions()
    .showHelpAfterError('(skein help run tells more)')
    .exitOverride()
  command
    .command('run')
    .summary('run a program on a mesh of workers')
    .description(
      'Starts a mesh on this machine, runs a program on it, and ends it again.\n\n' +
        'The program is a module, JavaScript or TypeScript, that exports a function by\n' +
        'default: it is called with the mesh and the arguments after the script.',
    )
    .argument('<script>', 'the program, a file')
    .argument('[args...]', 'arguments for it; after -- also those that begin with a dash')
    .addOption(
      new Option('-w, --workers <n>', 'how many workers to start')
        .argParser(parseCount)
        .default(availableParallelism(), 'one for each core'),
    )
    .addOption(
      new Option('-n, --nodes <n>', 'how many nodes to share the workers among')
        .argParser(parseCount)
        .default(1),
    )
    .addOption(
      new Option('-l, --launcher <kind>', 'what a worker is: a process, or a thread of its node')
        .choices(LAUNCHERS)
        .default('local'),
    )
    .addOption(
      new Option('-d, --drain <s>', 'seconds that what runs may take to end on SIGTERM')
        .argParser(parseSeconds)
        .default(10_000, '10'),
    )
    .option('--stall-reports', 'say where an event loop is stuck, while it is')
    .option('-q, --quiet', 'show no progress and no closing table')
    .addHelpText('after', RUN_HELP)
    .action(async (script: string, args: string[], flags: RunFlags, command: Command) => {
      const wrong = (message: string): never => command.error(`error: ${message}`)
      checkNodes(flags, wrong)
      await start({ quiet: false, stallReports: false, ...flags, script: scriptAt(script, wrong), args })
    })
  return command
}

const RUN_HELP = `
The program's standard input and output are those of this command. What workers
print goes to standard error, each line under the worker's name.

Exit status: the program's own, which is the whole number from 0 to 255 that its
function returns, or 0 if it returns nothing; 1 for anything else, and for an
error that nobody caught; 2 for wrong usage; 129 after SIGHUP, 130 after Ctrl-C,
143 after SIGTERM.

Ctrl-C ends the mesh in order, within two seconds. SIGTERM lets the calls that
run end first: new ones fail meanwhile. A second signal ends it at once.

Example:
  $ cat hello.ts
  import type { Mesh } from 'skein'
  export class Greeter {
    greet(name: string) { return \`Hello \${name}, from process \${process.pid}\` }
  }
  export default async function main(mesh: Mesh, names: string[]) {
    const pool = await mesh.pool(Greeter, { from: import.meta.url })
    for await (const text of pool.map(names, (g, name) => g.greet(name)))
      console.log(text)
  }
  $ skein run hello.ts --workers 2 -- Ada Grace Edsger`

function version(): string {
  const text = readFileSync(MANIFEST, 'utf8')
  const { version }: { version: string } = JSON.parse(text)
  return version
}
