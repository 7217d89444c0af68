import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { skein } from './support/command.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = await readFile(join(root, 'docs', 'channels.md'), 'utf8')
const [, source = '', name = '', command = ''] =
  /^```js\n(\/\/ (\S+), run by: npx skein (.*?)\n.*?)^```/ms.exec(page) ?? []

let folder: string
beforeAll(async () => {
  // Inside of the package, so that `skein` is found.
  folder = await mkdtemp(join(root, 'packages', 'skein', 'page-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the program of the page, whose workers have channels that find those of the program, prints what the page says', async () => {
  const file = join(folder, name)
  await writeFile(file, source)
  const [, said] = /console\.log\(.*?\) \/\/ (.*)$/m.exec(source) ?? []
  const args = command.split(' ').map((arg) => (arg === name ? file : arg))
  expect(await skein([...args, '--launcher', 'thread', '--quiet'])).toEqual({
    status: 0,
    stdout: `${said}\n`,
    stderr: '',
  })
})
