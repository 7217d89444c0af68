// Makes node_modules and dist current. `npm start` and `npm test` begin with it; `npm run setup` does only this.
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fingerprint, Stamp } from './stamp.mjs'
import { root, step } from './step.mjs'

/** The one place that names pnpm's version. */
const PNPM = 'pnpm@12.21.0'
const OLDEST_NODE = '20.19.0'
const stamp = new Stamp('setup')

/** Installs what the lockfile says, unless the last install left just that. */
export async function install() {
  if (process.versions.node.localeCompare(OLDEST_NODE, 'en', { numeric: true }) < 0) {
    console.log(`Skein needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}.`)
    return false
  }
  const wanted = dependencies()
  if (stamp.is(wanted)) return true

  const { ok, output } = await step('Installing dependencies', 'npx', [
    '-y',
    PNPM,
    'install',
    '--frozen-lockfile',
  ])
  if (ok) stamp.set(wanted)
  else explain(output)
  return ok
}

/** Compiles the sources of all packages to dist. Types in tests are not looked at here. */
export function build() {
  return compile('Building', packages())
}

/** Compiles all, and checks the types of tests too. */
export async function buildAndCheck() {
  const began = new Date()
  const ok = await compile('Building and checking types', ['.'])
  if (ok) noteChecked(began)
  return ok
}

/**
 * Checks types, and compiles to dist.
 *
 * @param title what is said of it
 * @param projects folders with a tsconfig.json
 */
async function compile(title, projects) {
  const pretty = process.stdout.isTTY ? ['--pretty'] : []
  const types = await step(title, process.execPath, [TSC, '-b', ...projects, ...pretty])
  const bundles = await step('Bundling', process.execPath, [join('scripts', 'bundle.mjs')])
  return types.ok && bundles.ok
}

/**
 * Of a project that emits nothing tsc leaves what it knows as old as it was, and would check it anew each time. What has
 * been changed since `began` is still newer.
 */
function noteChecked(began) {
  for (const folder of packages()) {
    const info = join(root, folder, 'dist', 'test.tsbuildinfo')
    if (existsSync(info)) utimesSync(info, began, began)
  }
}

const TSC = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function packages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join('packages', name))
    .filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
}

/** Changes with everything that decides what node_modules should hold. */
function dependencies() {
  const manifests = packages().map((folder) => join(folder, 'package.json'))
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]
  return fingerprint(`${PNPM} ${process.platform} ${process.arch}`, files)
}

function explain(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(output))
    console.log('The npm registry can not be reached. Is this machine online, or does npm need a proxy?')
  else if (output.includes('ERR_PNPM_OUTDATED_LOCKFILE'))
    console.log(`A package.json has changed and the lockfile has not: run \`npx ${PNPM} install\`.`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = (await install()) && (await build()) ? 0 : 1
