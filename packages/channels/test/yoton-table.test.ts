import { readFileSync } from 'node:fs'
import { afterEach, expect, jest, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import * as channels from '../src/index.js'

useLedger()
afterEach(() => void jest.restoreAllMocks())

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/channels.md', root), 'utf8')

/** Every name of yoton's documentation of contexts, its parameters included, and those of its channels. */
const NAMES =
  `Context verbose queue_params connection_count connections connections_all id bind max_tries name close
  close_channels connect timeout flush Connection port PubChannel SubChannel StateChannel ReqChannel RepChannel send recv
  select_sub_channel`.split(/\s+/)

const rows = [...page.matchAll(/^\| (`.+?) \| (public|none) \| (.*?) \|/gm)].map(([, names, kind, ours]) => ({
  names: [...(names ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name ?? ''),
  kind,
  ours: ours ?? '',
}))

/** Where the options and events are declared: types are not there when a test runs. */
const DECLARED: Readonly<Record<string, string>> = {
  ContextOptions: 'settings.ts',
  BindOptions: 'context.ts',
  ConnectOptions: 'context.ts',
  ConnectionEvents: 'connection.ts',
  SubOptions: 'sub-channel.ts',
}

test('every name of the model is in the table', () => {
  const told = new Set(rows.flatMap(({ names }) => names))
  expect(NAMES.filter((name) => !told.has(name))).toEqual([])
})

test('what the table calls public is exported, or a member of what is', () => {
  const missing = rows.filter(({ kind, ours }) => kind === 'public' && !isThere(ours)).map(({ ours }) => ours)
  expect(missing).toEqual([])
  expect(isThere('`ChannelContext.nothing`')).toBe(false)
  expect(isThere('`SubOptions.nothing`')).toBe(false)
})

test('the reasons and states that the page names are those that there are', () => {
  const source = sourceOf('connection.ts')
  for (const type of ['ConnectionState', 'CloseReason']) {
    const declared =
      source.slice(source.indexOf(`export type ${type} =`)).split(/\n\n|export interface/)[0] ?? ''
    const values = [...declared.matchAll(/'([\w ]+)'/g)].map(([, value]) => value)
    expect(values.length).toBeGreaterThan(4)
    expect(values.filter((value) => !page.includes(`\`${value}\``))).toEqual([])
  }
})

test('the example on the page prints what it says', async () => {
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const said = [...code.matchAll(/console\.log\(.*?\) \/\/ (.*)$/gm)].map(([, line]) => line)
  const printed: string[] = []
  jest.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void printed.push(words.join(' ')))
  const { ChannelContext, PubChannel, SubChannel } = channels
  const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor
  const body = code.replace(/^import .*$/m, '')
  await new AsyncFunction('ChannelContext', 'PubChannel', 'SubChannel', body)(
    ChannelContext,
    PubChannel,
    SubChannel,
  )
  expect(printed).toEqual(said)
  expect(said).toHaveLength(2)
})

function isThere(ours: string): boolean {
  const [, name = '', member] = /^`(\w+)(?:\.(\w+))?`$/.exec(ours) ?? []
  const file = DECLARED[name]
  if (file !== undefined)
    return new RegExp(`^  (readonly )?${member}\\??: `, 'm').test(interfaceOf(name, file))
  const exported: unknown = Reflect.get(channels, name)
  if (typeof exported !== 'function') return false
  return member === undefined || Reflect.has(exported.prototype, member)
}

function interfaceOf(name: string, file: string): string {
  return new RegExp(`export interface ${name}\\b[\\s\\S]*?\\n}`).exec(sourceOf(file))?.[0] ?? ''
}

function sourceOf(file: string): string {
  return readFileSync(new URL(`packages/channels/src/${file}`, root), 'utf8')
}
