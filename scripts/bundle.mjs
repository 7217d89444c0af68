// Makes the JavaScript in dist of the packages that every runtime loads: a few files each where the sources are a
// hundred, since Node takes half a millisecond for every one that it imports. Their types tsc has put there before.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './step.mjs'

/** What is imported from outside, or run, of each package. */
const ENTRIES = {
  core: ['index', 'internal'],
  runner: ['index', 'internal', 'lifeline-watch'],
  devices: ['index', 'internal'],
  context: ['index', 'internal', 'pino'],
  channels: ['index', 'internal'],
  runtime: ['index', 'internal', 'stall-thread'],
  launch: ['index', 'internal'],
  broker: ['index', 'internal'],
  skein: ['index', 'internal', 'broker', 'channels', 'cli'],
}

await Promise.all(Object.entries(ENTRIES).map(([name, entries]) => bundle(name, entries)))

async function bundle(name, entries) {
  const folder = join('packages', name)
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => join(folder, 'src', `${entry}.ts`)),
    outdir: join(folder, 'dist'),
    bundle: true,
    // What two entries share is there once: a class is the same class for both.
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
  })
  removeOthers(join(folder, 'dist'), new Set(Object.keys(metafile.outputs)))
}

/** Of earlier builds, in folders too: what has changed has another name. */
function removeOthers(dist, current) {
  for (const file of readdirSync(join(root, dist), { recursive: true })) {
    const path = join(dist, file)
    if (/\.js(\.map)?$/.test(file) && !current.has(path.replaceAll('\\', '/'))) rmSync(join(root, path))
  }
}
