import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const guide = await readFile(join(root, 'docs', 'guide.md'), 'utf8')

interface Program {
  /** Of the section that it stands in. */
  readonly heading: string
  readonly source: string
  /** The plain block behind it. */
  readonly output: string
}

const programs = guide.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^```ts\n(.*?)^```\n.*?^```\n(.*?)^```/gms)].map(
    ([, source = '', output = '']): Program => ({
      heading: section.slice(0, section.indexOf('\n')),
      source,
      output,
    }),
  ),
)

let folder: string
beforeAll(async () => {
  // Inside of the package, so that `skein` is found.
  folder = await mkdtemp(join(root, 'packages', 'skein', 'guide-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('every program of the guide is correctly typed', async () => {
  const files = programs.map((_, index) => `typed-${index}.ts`)
  await Promise.all(programs.map(({ source }, index) => writeFile(join(folder, `typed-${index}.ts`), source)))
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const flags = ['--noEmit', '--ignoreConfig', '--strict', '--skipLibCheck', '--types', 'node']
  const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--module', 'nodenext']
  const checked = await run(process.execPath, [tsc, ...flags, ...target, ...files], { cwd: folder }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  )
  expect(checked.stdout).toBe('')
})

test.each(['Streams', 'Deadlines and cancelling', 'Retries', 'Backpressure', 'Leaving'])(
  'the first program under "%s" prints what the guide says',
  async (wanted) => {
    const program = programs.find(({ heading }) => heading === wanted)
    await writeFile(join(folder, 'program.ts'), program?.source ?? '')
    const bin = join(root, 'packages', 'skein', 'bin', 'skein.js')
    const args = [bin, 'run', 'program.ts', '--workers', '2', '--quiet']
    const { stdout } = await run(process.execPath, args, { cwd: folder })
    expect(stdout).toBe(program?.output)
  },
)
