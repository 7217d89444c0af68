import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

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

/** These run one after the other in one mesh: each but the last leaves it as fit for the next. */
const TOGETHER = ['Streams', 'Deadlines and cancelling', 'Retries', 'Backpressure', 'Leaving']

describe('what the guide says is printed by the first program', () => {
  let outputs: readonly string[]
  beforeAll(async () => {
    const names = TOGETHER.map((heading) => `./${compiled(heading)}`)
    // The module with all of them ends what each has printed with a line of its own.
    const all = `const END = ${JSON.stringify(END)}
      export default async function main(mesh, args) {
        for (const name of ${JSON.stringify(names)}) {
          const { default: program } = await import(name)
          await program(mesh, args)
          process.stdout.write(END)
        }
      }`
    await writeFile(join(folder, 'together.mjs'), all)
    outputs = (await outputOf('together.mjs', '--launcher', 'thread')).split(END)
  })

  test.each(TOGETHER)('under "%s"', (heading) => {
    expect(outputs[TOGETHER.indexOf(heading)]).toBe(programs[indexOf(heading)]?.output)
  })

  test('under "Peers", which tells of the whole mesh', async () => {
    expect(await outputOf(compiled('Peers'))).toBe(programs[indexOf('Peers')]?.output)
  })
})

const END = '--- end of a program ---\n'

function indexOf(wanted: string): number {
  return programs.findIndex(({ heading }) => heading === wanted)
}

/** What tsc made of a program: each process of a mesh that compiles TypeScript itself takes a second. */
function compiled(heading: string): string {
  return `program-${indexOf(heading)}.js`
}

/** Runs it, and gives what it prints. */
async function outputOf(script: string, ...flags: string[]): Promise<string> {
  const bin = join(root, 'packages', 'skein', 'bin', 'skein.js')
  const args = [bin, 'run', script, '--workers', '2', '--quiet', ...flags]
  const { stdout } = await run(process.execPath, args, { cwd: folder })
  return stdout
}
