import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Where the programs of the docs find `skein`. It stays: what has not changed since is not compiled anew. */
const folder = join(root, 'node_modules', '.cache', 'skein-docs')

/** What the programs import: they are checked anew when its types have changed. */
const IMPORTED = ['core', 'channels', 'runtime', 'launch', 'broker', 'skein']

const STRICT = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    incremental: true,
  },
  references: IMPORTED.map((name) => ({ path: join(root, 'packages', name) })),
}

/** A page by its path in the repository. */
export function page(...path: string[]): Promise<string> {
  return readFile(join(root, ...path), 'utf8')
}

/** Writes programs, by the names of their files, to where `node` and `skein` run them. */
export async function write(programs: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = Object.entries({ 'package.json': '{ "type": "module" }', ...programs })
  await Promise.all(files.map(([name, text]) => writeFile(join(folder, name), text)))
}

/**
 * Checks the types of programs that were written, and compiles those that are TypeScript: each process of a mesh that
 * does so itself takes as long as two. What JavaScript leaves open may be of any type.
 *
 * @returns what is wrong with them
 */
export async function compile(names: readonly string[]): Promise<string> {
  const scripts = names.filter((name) => name.endsWith('.mjs'))
  const files = names.filter((name) => name.endsWith('.ts'))
  const loose = {
    ...STRICT.compilerOptions,
    noImplicitAny: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
  }
  await write({
    'tsconfig.json': JSON.stringify({ ...STRICT, files }),
    'tsconfig.loose.json': JSON.stringify({ ...STRICT, compilerOptions: loose, files: scripts }),
  })
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  return run(process.execPath, [tsc, '-b', 'tsconfig.json', 'tsconfig.loose.json'], { cwd: folder }).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `tsc has failed\n${stdout}${stderr}`,
  )
}

/** Runs `node` where the programs are. */
export function node(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, args, { cwd: folder })
}

/** Runs `skein` there. */
export function skein(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return node(join(root, 'packages', 'skein', 'bin', 'skein.js'), ...args)
}
