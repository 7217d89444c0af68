import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { Context } from '../src/context.js'
import { defaults } from '../src/options.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = await readFile(join(root, 'docs', 'context.md'), 'utf8')
const sources = await readFile(join(root, 'packages', 'context', 'src', 'options.ts'), 'utf8')

/** Every name of mahos's documentation. */
const NAMES =
  `Context context poll_timeout_ms linger_ms add_broker xpub_endpoint xsub_endpoint add_pub endpoint topic logger
  add_pub_handler root_topic add_rep handler req_type add_req timeout_ms rep_type add_sub close close_zmq_ctx poll
  zmq_context`.split(/\s+/)

const rows = [...page.matchAll(/^\| (`.+?`) \| (public|option|none) \| (.*?) \|(.*?)\|$/gm)].map(
  ([, names = '', kind, ours = '', remarks = '']) => ({
    names: names.match(/\w+/g) ?? [],
    kind,
    ours,
    remarks,
  }),
)

test('every name of the model is in the table', () => {
  const told = new Set(rows.flatMap(({ names }) => names))
  expect(NAMES.filter((name) => !told.has(name))).toEqual([])
})

test('what the table calls public is a member of Context, an option is one, and what is not there has a reason', () => {
  const members = new Set(Object.getOwnPropertyNames(Context.prototype))
  const wrong = rows.filter(({ kind, ours, remarks }) => {
    if (kind === 'none') return remarks.trim() === ''
    if (kind === 'public') return !members.has(ours.replaceAll('`', ''))
    const [, of = '', option = ''] = /^`(?:new )?(\w+)`: `(\w+)`$/.exec(ours) ?? []
    return !(members.has(of) || of === 'Context') || !optionNames().has(option)
  })
  expect(wrong).toEqual([])
})

test('every option is told of, with its default', () => {
  const told = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]*) \| [^|]*\|$/gm)].flatMap(
    ([, names = '', otherwise = '']) => (names.match(/\w+/g) ?? []).map((name) => [name, otherwise] as const),
  )
  expect([...optionNames()].filter((name) => !told.some(([each]) => each === name))).toEqual([])
  for (const [name, value] of Object.entries(defaults))
    expect(told).toContainEqual([name, typeof value === 'string' ? `'${value}'` : String(value)])
})

test('every error code of the page is one of the guide', async () => {
  const guide = await readFile(join(root, 'docs', 'guide.md'), 'utf8')
  const codes = new Set(page.match(/ERR_\w+/g))
  expect([...codes].filter((code) => !guide.includes(`| ${code} |`))).toEqual([])
})

const programs = [
  ...page.matchAll(/^```js\n((?:(?!^```).)*)^```\n\nIn a file `(\w+\.mjs)`[^\n]*\n\n```\n(.*?)^```/gms),
].map(([, program = '', name = '', output = '']) => ({ name, program, output }))

test('there are programs to copy', () => {
  expect(programs.map(({ name }) => name)).toEqual(['volts.mjs', 'degrees.mjs'])
})

test.each(programs)('$name prints what the page says', async ({ name, program, output }) => {
  const folder = await mkdtemp(join(root, 'packages', 'context', 'docs-'))
  try {
    await writeFile(join(folder, name), program)
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [name], { cwd: folder })
    // What is published and what is answered comes over two connections.
    expect(stdout.split('\n').sort()).toEqual(output.split('\n').sort())
    expect(stderr).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** As they stand in the source: every option of every interface. */
function optionNames(): ReadonlySet<string> {
  return new Set([...sources.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name))
}
