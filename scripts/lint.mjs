import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fingerprint, Stamp } from './stamp.mjs'
import { root, stepBeside } from './step.mjs'

const BIOME = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')

/** Where nothing is linted: it is not ours, or not code. What is in dist counts as far as types are read from there. */
const PASSED_OVER = ['node_modules', 'coverage', 'docs']

const CODE = /\.([mc]?[jt]sx?|jsonc?|ya?ml|css)$/
const DECLARATION = /\.d\.ts$/

const stamp = new Stamp('lint')

/**
 * Begins to lint, unless there is nothing new in all that is linted, or that decides how, since it was found in order.
 * @returns {() => Promise<boolean>} waits for it, says of it what a step says, and tells whether all is in order
 */
export function lint() {
  const wanted = contents()
  if (stamp.is(wanted)) {
    console.log('Linting ... nothing new')
    return async () => true
  }
  const colors = process.stdout.isTTY ? ['--colors=force'] : []
  const linted = stepBeside('Linting', process.execPath, [BIOME, 'check', '--error-on-warnings', ...colors])
  return async () => {
    const { ok } = await linted()
    // What was changed or built meanwhile may not have been seen.
    if (ok && contents() === wanted) stamp.set(wanted)
    return ok
  }
}

function contents() {
  return fingerprint(process.version, filesIn('.'))
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return PASSED_OVER.includes(entry.name) || entry.name.startsWith('.') ? [] : filesIn(path)
    const counts = path.includes(`${sep}dist${sep}`) ? DECLARATION : CODE
    return counts.test(entry.name) ? [path] : []
  })
}
