import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const blocks = [...(await readFile(join(root, 'README.md'), 'utf8')).matchAll(/^```(\w*)\n(.*?)^```/gms)].map(
  ([, language, text]) => ({ language, text: text ?? '' }),
)

/** The first block of a language, and the plain blocks behind it. */
function program(language: string): { source: string; plain: string[] } {
  const at = blocks.findIndex((block) => block.language === language)
  const plain = blocks.slice(at + 1).filter((block) => block.language === '')
  return { source: blocks[at]?.text ?? '', plain: plain.map(({ text }) => text) }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'packages', 'skein', 'readme-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('the program of the README prints what the README says', async () => {
  const { source, plain } = program('ts')
  const [command = '', output = '', table = ''] = plain
  await writeFile(join(folder, 'primes.ts'), source)
  // Compiled once: each process of a mesh that compiles TypeScript takes as long as two that don't.
  const esbuild = join(root, 'node_modules', 'esbuild', 'bin', 'esbuild')
  await run(esbuild, ['primes.ts', '--outfile=primes.mjs'], { cwd: folder })
  const [, , ...given] = command.trim().split(' ') // without npx skein
  expect(given).toContain('primes.ts')
  const args = given.map((arg) => (arg === 'primes.ts' ? 'primes.mjs' : arg))
  const bin = join(root, 'packages', 'skein', 'bin', 'skein.js')
  const { stdout, stderr } = await run(process.execPath, [bin, ...args], { cwd: folder })
  // The death is told when it is known, which may be before or after the call that it ends.
  expect(stdout.split('\n').sort()).toEqual(output.split('\n').sort())
  const shape = (text: string) =>
    text.match(/^(runtime|head|monitor|node:0|worker:0:\d) .*$/gm)?.map((line) => line.length)
  expect(shape(stderr)).toEqual(shape(table))
})

test('the two runtimes of the README say what the README says', async () => {
  const { source, plain } = program('js')
  await writeFile(join(folder, 'service.mjs'), source)
  const { stdout } = await run(process.execPath, ['service.mjs'], { cwd: folder })
  expect(stdout).toBe(plain[0])
})
