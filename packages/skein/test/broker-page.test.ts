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
const [, source = '', command = '', output] =
  /^```js\n(.*?)^```\n\n```\nnpm run setup\n(.*?)\n```\n.*?^```\n(.*?)^```/ms.exec(page) ?? []

let folder: string
beforeAll(async () => {
  // Inside of the package, so that `skein` is found.
  folder = await mkdtemp(join(root, 'packages', 'skein', 'page-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the program of the page about brokers runs as the page says, and prints what it says', async () => {
  const [, name = ''] = /^node packages\/skein\/(\w+\.mjs)$/.exec(command) ?? []
  await writeFile(join(folder, name), source)
  const { stdout } = await run(process.execPath, [join(folder, name)], { cwd: root })
  expect(stdout).toBe(output)
})

test('it is correctly typed, but for what its language leaves open', async () => {
  await writeFile(join(folder, 'typed.mjs'), source)
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const flags = ['--ignoreConfig', '--noEmit', '--allowJs', '--checkJs', '--skipLibCheck', '--types', 'node']
  const target = ['--strict', '--noImplicitAny', 'false', '--module', 'nodenext', '--target', 'es2023']
  const lib = ['--lib', 'es2023,esnext.disposable', 'typed.mjs']
  await run(process.execPath, [tsc, ...flags, ...target, ...lib], { cwd: folder }).catch(({ stdout }) =>
    expect(stdout).toBe(''),
  )
})
