// Makes the JavaScript in dist of the packages that every runtime loads: a few files each where the sources are a
// hundred, since Node takes half a millisecond for every one that it imports. Their types tsc has put there before.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './step.mjs'

/** What is imported from outside, or run, of each package. */
const ENTRIES = {
  core: ['index', 'internal'],
  runner: ['index', 'internal', 'reaper-main'],
  devices: ['index', 'internal'],
  context: ['index', 'internal', 'pino'],
  channels: ['index', 'internal'],
  runtime: ['index', 'internal', 'stall-thread'],
  launch: ['index', 'internal'],
  broker: ['index', 'internal'],
  skein: ['index', 'internal', 'broker', 'channels', 'cli'],
}

/** What becomes part of our files: many modules, of which each would take its time. Its licence goes with it. */
const INLINED = '@msgpack/msgpack'

/** What is of CommonJS: to be imported it would be read twice, for its names first. */
const REQUIRED = ['eventemitter3']

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
    mainFields: ['module', 'main'],
    plugins: [{ name: 'packages', setup: packages }],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    banner: { js: name === 'core' ? notice(name) : '' },
    metafile: true,
    logLevel: 'warning',
  })
  removeOthers(join(folder, 'dist'), new Set(Object.keys(metafile.outputs)))
}

/** All other packages stay outside, where whoever installs ours has them. */
function packages({ onResolve, onLoad }) {
  onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
    if (kind === 'entry-point' || path === INLINED) return
    if (REQUIRED.includes(path)) return { path, namespace: 'required', pluginData: resolveDir }
    return { path, external: true }
  })
  onLoad({ filter: /./, namespace: 'required' }, ({ path, pluginData: resolveDir }) => {
    const names = Object.keys(createRequire(join(resolveDir, 'here'))(path))
    const contents = `import { createRequire } from 'node:module'
      export const { ${names.join(', ')} } = createRequire(import.meta.url)('${path}')`
    return { contents, resolveDir }
  })
}

function notice(name) {
  const licence = readFileSync(join(root, 'packages', name, 'node_modules', INLINED, 'LICENSE'), 'utf8')
  return `/* In parts ${INLINED}.\n\n${licence.trim()}\n*/`
}

/** Of earlier builds, in folders too: what has changed has another name. */
function removeOthers(dist, current) {
  for (const file of readdirSync(join(root, dist), { recursive: true })) {
    const path = join(dist, file)
    if (/\.js(\.map)?$/.test(file) && !current.has(path.replaceAll('\\', '/'))) rmSync(join(root, path))
  }
}
