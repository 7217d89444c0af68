import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { CommsManager } from '../src/comms-manager.js'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/mosaic.md', root), 'utf8')

/** Every name of mosaic's documentation; a pair x and x_async is one. */
const NAMES =
  `CommsManager address beat call call_safe cmd cmd_recv connect connect_recv connect_send connected disconnect
  disconnect_recv disconnect_send hand handshake heart listen logger port process_msg recv register_reply_future reply
  send send_exception send_recv shake shaken stop uid_address uid_port wait wait_for`.split(/\s+/)

const rows = [...page.matchAll(/^\| (`.+?) \| (public|internal|none) \| (.*?) \|/gm)].map(
  ([, names, kind, ours]) => ({
    names: [...(names ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name ?? ''),
    kind,
    ours: ours ?? '',
  }),
)

test('every name of the model is in the table', () => {
  const told = new Set(rows.flatMap(({ names }) => names))
  expect(NAMES.filter((name) => !told.has(name))).toEqual([])
})

test('what the table calls public is a member of CommsManager, or exported', () => {
  const members = new Set(Object.getOwnPropertyNames(CommsManager.prototype))
  const missing = rows
    .filter(({ kind }) => kind === 'public')
    .flatMap(({ ours }) => [...ours.matchAll(/`(\w+)(?:\.(\w+))?`/g)])
    .filter(([, name, member]) => {
      if (member === undefined) return !members.has(name ?? '')
      return !source('comms/serving.ts').includes(`readonly ${member}:`)
    })
  expect(missing).toEqual([])
})

test('what the table calls internal is in the file that it names', () => {
  const missing = rows
    .filter(({ kind }) => kind === 'internal')
    .filter(({ ours }) => {
      const [, name, file] = /^`([#\w]+)` in `([\w./-]+)`$/.exec(ours) ?? []
      return name === undefined || file === undefined || !new RegExp(`^  ${name}[<(]`, 'm').test(source(file))
    })
  expect(missing).toEqual([])
})

function source(file: string): string {
  return readFileSync(new URL(`packages/core/src/${file}`, root), 'utf8')
}
