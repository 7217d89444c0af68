// `npm start`: sets up where that is needed, then shows what Skein does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { build, install } from './setup.mjs'
import { root } from './step.mjs'

/** What the `skein` command is told, one run after the other. */
const RUNS = [
  'run packages/examples/dist/mandelbrot.js --workers 4 -- --size 1600x1200 --out mandelbrot.png --kill-one',
  'run packages/examples/dist/wordcount.js --workers 4 -- docs README.md',
]

// Ctrl-C reaches the command too, which ends in its own way; this script ends after it.
process.on('SIGINT', () => {})

process.exitCode = (await install()) && (await build()) ? await runAll() : 1

async function runAll() {
  for (const run of RUNS) {
    console.log(`\n$ skein ${run}`)
    const args = [join('packages', 'skein', 'bin', 'skein.js'), ...run.split(' ')]
    const [code] = await once(spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }), 'exit')
    if (code !== 0) return code ?? 1
  }
  return 0
}
