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
let complaints: string
beforeAll(async () => {
  // Inside of the package, so that `skein` is found.
  folder = await mkdtemp(join(root, 'packages', 'skein', 'guide-'))
  const files = programs.map((_, index) => `program-${index}.ts`)
  await Promise.all(
    programs.map(({ source }, index) => writeFile(join(folder, `program-${index}.ts`), source)),
  )
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const flags = ['--ignoreConfig', '--strict', '--skipLibCheck', '--types', 'node']
  const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--module', 'nodenext']
  const checked = await run(process.execPath, [tsc, ...flags, ...target, ...files], { cwd: folder }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  )
  complaints = checked.stdout
})
afterAll(() => rm(folder, { recursive: true }))

test('every program of the guide is correctly typed', () => {
  expect(complaints).toBe('')
})

test.each(['Streams', 'Deadlines and cancelling', 'Retries', 'Backpressure', 'Leaving', 'Peers'])(
  'the first program under "%s" prints what the guide says',
  async (wanted) => {
    const index = programs.findIndex(({ heading }) => heading === wanted)
    const bin = join(root, 'packages', 'skein', 'bin', 'skein.js')
    // What tsc made of it: each process of a mesh that compiles TypeScript itself takes a second.
    const args = [bin, 'run', `program-${index}.js`, '--workers', '2', '--quiet']
    const { stdout } = await run(process.execPath, args, { cwd: folder })
    expect(stdout).toBe(programs[index]?.output)
  },
)
