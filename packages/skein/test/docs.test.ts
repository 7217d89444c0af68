import { beforeAll, describe, expect, test } from '@jest/globals'
import { compile, node, page, skein, write } from './support/docs.js'

interface Program {
  /** Of the section that it stands in. */
  readonly heading: string
  readonly source: string
  /** The plain block behind it. */
  readonly output: string
}

const [readme, guide, brokers, channels] = await Promise.all([
  page('README.md'),
  page('docs', 'guide.md'),
  page('docs', 'broker.md'),
  page('docs', 'channels.md'),
])

const programs = guide.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^```ts\n(.*?)^```\n.*?^```\n(.*?)^```/gms)].map(
    ([, source = '', output = '']): Program => ({
      heading: section.slice(0, section.indexOf('\n')),
      source,
      output,
    }),
  ),
)
const [, primes = '', command = '', printed = '', table = ''] =
  /^```ts\n(.*?)^```\n.*?^```\n(.*?)\n```\n.*?^```\n(.*?)^```\n.*?^```\n(.*?)^```/ms.exec(readme) ?? []
const [, service = '', answered = ''] = /^```js\n(.*?)^```\n\n```\n(.*?)^```/ms.exec(readme) ?? []
const [, hello = '', hail = '', greeted = ''] =
  /^```js\n(.*?)^```\n\n```\nnpm run setup\n(.*?)\n```\n.*?^```\n(.*?)^```/ms.exec(brokers) ?? []
const [, measure = '', measureCommand = '', measured = ''] =
  /^```js\n(\/\/ measure\.mjs, run by: npx skein (.*?)\n.*?console\.log\(.*?\) \/\/ (.*?)\n.*?)^```/ms.exec(
    channels,
  ) ?? []

const files: Readonly<Record<string, string>> = {
  ...Object.fromEntries(programs.map(({ source }, index) => [`guide-${index}.ts`, source])),
  'primes.ts': primes,
  'service.mjs': service,
  'hello.mjs': hello,
  'measure.mjs': measure,
}
/** JavaScript that leaves too much open: it would have to tell the compiler what it knows. */
const UNTYPED = ['service.mjs', 'measure.mjs']

const END = '--- end of a program ---\n'

let complaints: string
beforeAll(async () => {
  await write(files)
  complaints = await compile(Object.keys(files).filter((name) => !UNTYPED.includes(name)))
})

test('the programs of the README, of the guide, and of the page about brokers are correctly typed, this one but for what its language leaves open', () => {
  expect(Object.values(files)).not.toContain('')
  expect(complaints).toBe('')
})

/** These run one after the other in one mesh: each but the last leaves it as fit for the next. */
const TOGETHER = ['Streams', 'Deadlines and cancelling', 'Retries', 'Backpressure', 'Leaving']

describe('what a page says is printed by its program on two workers', () => {
  let outputs: readonly string[]
  let stderr: string
  beforeAll(async () => {
    const names = ['./measure.mjs', ...TOGETHER.map((heading) => `./${compiled(heading)}`)]
    // The module with all of them ends what each has printed with a line of its own.
    const all = `const END = ${JSON.stringify(END)}
      export default async function main(mesh, args) {
        for (const name of ${JSON.stringify(names)}) {
          const { default: program } = await import(name)
          await program(mesh, args)
          process.stdout.write(END)
        }
      }`
    await write({ 'together.mjs': all })
    const run = await skein('run', 'together.mjs', '--workers', '2', '--quiet', '--launcher', 'thread')
    outputs = run.stdout.split(END)
    stderr = run.stderr
  })

  test('about channels: those of the program find those of the workers', () => {
    expect(measureCommand).toBe('run measure.mjs --workers 2')
    expect(outputs[0]).toBe(`${measured}\n`)
  })

  test('and on standard error nothing else than what workers say, and how one has ended', () => {
    const last = 'skein: worker:0:0 has ended (exit code 0)\n'
    expect(stderr).toBe(`${'worker:0:0 | camera off\n'.repeat(3)}${last}`)
  })

  test.each(TOGETHER)('the guide, under "%s"', (heading) => {
    expect(outputs[1 + TOGETHER.indexOf(heading)]).toBe(programs[indexOf(heading)]?.output)
  })

  test('the guide, under "Peers", which tells of the whole mesh', async () => {
    const { stdout } = await skein('run', compiled('Peers'), '--workers', '2', '--quiet')
    expect(stdout).toBe(programs[indexOf('Peers')]?.output)
  })
})

test('the program of the README prints what the README says', async () => {
  expect(command).toMatch(/^npx skein run primes\.ts /)
  const [, , ...args] = command.replace('primes.ts', 'primes.js').split(' ') // without npx skein
  const { stdout, stderr } = await skein(...args)
  // The death is told when it is known, which may be before or after the call that it ends.
  expect(stdout.split('\n').sort()).toEqual(printed.split('\n').sort())
  const shape = (text: string) =>
    text.match(/^(runtime|head|monitor|node:0|worker:0:\d) .*$/gm)?.map((line) => line.length)
  expect(shape(stderr)).toEqual(shape(table))
})

test('the two runtimes of the README, and the broker of its page, say what the pages say', async () => {
  expect(hail).toBe('node packages/skein/hello.mjs')
  const both = `await import('./service.mjs')
    process.stdout.write(${JSON.stringify(END)})
    await import('./hello.mjs')`
  await write({ 'both.mjs': both })
  const { stdout } = await node('both.mjs')
  expect(stdout.split(END)).toEqual([answered, greeted])
})

function indexOf(wanted: string): number {
  return programs.findIndex(({ heading }) => heading === wanted)
}

/** What tsc made of a program. */
function compiled(heading: string): string {
  return `guide-${indexOf(heading)}.js`
}
