import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Launcher } from '@skein/runtime/internal'
import { useLedger } from '@skein/test-harness'
import { execArgvFor } from '../src/typescript.js'
import { local, start, thread } from './starting.js'

let folder: string

useLedger()
beforeAll(async () => {
  // Outside this repository: no package.json says that these are modules.
  folder = await mkdtemp(join(tmpdir(), 'skein-typescript-'))
  await writeFile(join(folder, 'colours.ts'), `export enum Colour { Red = 'red' }`)
  const code = `
    import { Colour } from './colours.js'
    export class Paint { constructor(readonly colour: Colour) {} }
    export default (): string => new Paint(Colour.Red).colour`
  await writeFile(join(folder, 'paint.ts'), code)
})
afterAll(() => rm(folder, { recursive: true }))

test.each<[string, Launcher]>([
  ['process', local],
  ['thread', thread],
])('a %s imports TypeScript, its named exports too', async (_kind, launcher) => {
  const url = pathToFileURL(join(folder, 'paint.ts')).href
  const code = `
    const module = await import(${JSON.stringify(url)})
    report([Object.keys(module), module.default()])
    comms.stop()`
  const { launched, reports } = start(launcher, code, { execArgv: execArgvFor(url) })
  await launched.ended
  expect(reports).toEqual([[['Paint', 'default'], 'red']])
})

test('JavaScript needs no options for node', () => {
  expect(execArgvFor('file:///a/b.js')).toEqual([])
  expect(execArgvFor('file:///a/b.ts.mjs')).toEqual([])
})
