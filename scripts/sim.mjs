// `npm run sim`: sets up where that is needed, then plays simulations. Arguments go to it; docs/simulation.md has them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './step.mjs'

// What setting up prints goes to standard error: standard output is for what was counted.
process.exitCode =
  (await run(['scripts/setup.mjs'], ['inherit', 2, 2])) ||
  (await run([join('packages', 'test-harness', 'bin', 'sim.mjs'), ...process.argv.slice(2)], 'inherit'))

/** Resolves with the exit status. */
async function run(args, stdio) {
  const [code] = await once(spawn(process.execPath, args, { cwd: root, stdio }), 'exit')
  return code ?? 1
}
