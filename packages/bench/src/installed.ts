import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Described } from './systems/system.js'

/** A system that can be measured here. */
export interface Present {
  readonly system: Described
  readonly version: string
}

/** One that can't. */
export interface Skipped {
  readonly system: Described
  readonly why: string
}

/** Which of some systems can be measured here. */
export function atHand(systems: Iterable<Described>): { present: Present[]; skipped: Skipped[] } {
  const present: Present[] = []
  const skipped: Skipped[] = []
  for (const system of systems) {
    const versions = versionsOf(system)
    const missing = versions.find(({ version }) => version === undefined)
    if (missing !== undefined) skipped.push({ system, why: `${missing.name} is not installed` })
    else
      present.push({ system, version: versions.map(({ name, version }) => `${name} ${version}`).join(', ') })
  }
  return { present, skipped }
}

interface Version {
  readonly name: string
  readonly version: string | undefined
}

function versionsOf({ packages, programs }: Described): Version[] {
  return [
    ...packages.map((name) => ({ name, version: versionOfPackage(name) })),
    ...programs.map(({ name, version }) => ({ name, version: versionOfProgram(name, version) })),
  ]
}

function versionOfPackage(name: string): string | undefined {
  try {
    return manifestAbove(new URL(import.meta.resolve(name)), name)
  } catch {
    return undefined
  }
}

/** What the package.json says that stands above a module of a package. */
function manifestAbove(module: URL, name: string): string | undefined {
  for (let folder = new URL('.', module); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder)
    if (existsSync(file)) {
      const manifest: { name?: string; version?: string } = JSON.parse(readFileSync(file, 'utf8'))
      if (manifest.name === name) return manifest.version
    }
    if (folder.pathname === '/') return undefined
  }
}

function versionOfProgram(name: string, args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /\d[\w.]*/.exec(text)?.[0]
  } catch {
    return undefined
  }
}
