import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = await readFile(join(root, 'docs', 'broker.md'), 'utf8')
const [, source = '', output] = /^```ts\n(.*?)^```\n.*?^```\n(.*?)^```/ms.exec(page) ?? []

let folder: string
beforeAll(async () => {
  // Inside of the package, so that `skein` is found.
  folder = await mkdtemp(join(root, 'packages', 'skein', 'page-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the program of the page about brokers is correctly typed, and prints what the page says', async () => {
  await writeFile(join(folder, 'program.mts'), source)
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const flags = ['--ignoreConfig', '--strict', '--skipLibCheck', '--types', 'node', '--module', 'nodenext']
  const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', 'program.mts']
  await run(process.execPath, [tsc, ...flags, ...target], { cwd: folder })
  const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder })
  expect(stdout).toBe(output)
})
