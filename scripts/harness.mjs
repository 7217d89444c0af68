// `npm run audit`, `npm run faults`, `npm run sim`, `npm run bench`: sets up where that is needed, then runs the command
// that bears the name in the first argument, of the test harness or of the bench. The other arguments go to it; `--help`
// lists them, and docs has a page for each of the first three.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './step.mjs'

const [name, ...args] = process.argv.slice(2)
const folder = name === 'bench' ? 'bench' : 'test-harness'
const command = join('packages', folder, 'bin', `${name}.mjs`)

// What ends this script is for the command, which ends what it has started; this script ends after it. Ctrl-C reaches the
// command anyway.
let running
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => running?.kill(signal))

// What setting up prints goes to standard error: standard output is for what was counted.
process.exitCode =
  (await run(['scripts/setup.mjs'], ['inherit', 2, 2])) || (await run([command, ...args], 'inherit'))

/** Resolves with the exit status. */
async function run(args, stdio) {
  running = spawn(process.execPath, args, { cwd: root, stdio })
  const [code] = await once(running, 'exit')
  return code ?? 1
}
