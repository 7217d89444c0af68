import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { System } from './systems/system.js'

/** The version of a system, or why it can't be measured here. */
export type Installed = { readonly version: string } | { readonly missing: string }

export function installed({ packages, programs }: System): Installed {
  const versions = [
    ...packages.map((name) => ({ name, version: versionOfPackage(name) })),
    ...programs.map(({ name, version }) => ({ name, version: versionOfProgram(name, version) })),
  ]
  const missing = versions.find(({ version }) => version === undefined)
  if (missing !== undefined) return { missing: `${missing.name} is not installed` }
  return { version: versions.map(({ name, version }) => `${name} ${version}`).join(', ') }
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
