import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import * as devices from '../src/index.js'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/devices.md', root), 'utf8')

/** Every name of PyZMQ's documentation of devices, and of those that came later. */
const NAMES =
  `BackgroundDevice Device ThreadDevice ProcessDevice bind_in bind_out connect_in connect_out setsockopt_in setsockopt_out
  context_factory join launcher run start daemon device_type in_type out_type bind_in_to_random_port
  bind_out_to_random_port QUEUE FORWARDER STREAMER Proxy MonitoredQueue ProxySteerable bind_mon connect_mon setsockopt_mon
  in_prefix out_prefix bind_ctrl connect_ctrl setsockopt_ctrl PAUSE RESUME TERMINATE STATISTICS`.split(/\s+/)

const rows = [...page.matchAll(/^\| (`.+?) \| (public|none) \| ?(.*?) ?\| ?(.*?) ?\|$/gm)].map(
  ([, names, kind, ours = '', remarks = '']) => ({
    names: [...(names ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name ?? ''),
    kind,
    ours: [...ours.matchAll(/`(\w+)(?:\.(\w+))?`/g)].map(([, owner = '', member]) => ({ owner, member })),
    remarks,
  }),
)

const sources = readdirSync(new URL('packages/devices/src/', root))
  .map((file) => readFileSync(new URL(`packages/devices/src/${file}`, root), 'utf8'))
  .join('\n')

test('every name of the model is in the table', () => {
  const told = new Set(rows.flatMap(({ names }) => names))
  expect(NAMES.filter((name) => !told.has(name))).toEqual([])
})

test('what the table calls public is exported, a member of what is, or an option', () => {
  const missing = rows
    .filter(({ kind }) => kind === 'public')
    .filter(({ ours }) => ours.length === 0 || !ours.every(isThere))
  expect(missing).toEqual([])
})

test('where there is none, the table says why', () => {
  expect(rows.filter(({ kind, remarks }) => kind === 'none' && remarks === '')).toEqual([])
})

test('every method is in the page', () => {
  const classes = [devices.Device, devices.Proxy, devices.MonitoredQueue, devices.SteerableProxy]
  const inner = ['constructor', 'plan', 'draft', 'running']
  const methods = classes.flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
  expect(methods.filter((name) => !inner.includes(name) && !page.includes(`\`${name}`))).toEqual([])
})

test('the program to copy prints what the page says', async () => {
  const [, program = '', output = ''] = /^```js\n(.*?)^```\n\n```\n(.*?)^```/ms.exec(page) ?? []
  // Inside of the clone, so that the package is found.
  const folder = await mkdtemp(join(fileURLToPath(root), 'packages', 'devices', 'page-'))
  try {
    await writeFile(join(folder, 'queue.mjs'), program.replaceAll('@skein/devices', '../dist/index.js'))
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'queue.mjs')])
    expect(stdout).toBe(output)
  } finally {
    await rm(folder, { recursive: true })
  }
})

function isThere({ owner, member }: { owner: string; member: string | undefined }): boolean {
  const found: unknown = Reflect.get(devices, owner)
  if (typeof found === 'function') return member === undefined || member in found.prototype
  const [, body = ''] = new RegExp(`^export interface ${owner} .*?\\{\n(.*?)^\\}`, 'ms').exec(sources) ?? []
  return new RegExp(`^  readonly ${member}\\?`, 'm').test(body)
}
