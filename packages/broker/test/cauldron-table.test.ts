import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Broker } from '../src/broker.js'
import { Client } from '../src/client.js'
import { Worker } from '../src/worker.js'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/broker.md', root), 'utf8')

/** Every name of ZMQBroker's documentation, and the fields of its frames. */
const NAMES =
  `ZMQBroker ident name check cleanup close connect daemon from_config getName get_service isAlive isDaemon is_alive join
  prepare respond respond_inquiry run serve setDaemon setName setup start stop sub thread address pub_address sub_address
  mon_address context timeout heartbeat service dispatcher keyword direction command payload id`.split(/\s+/)

const rows = [...page.matchAll(/^\| (`.+?) \| (public|internal|none) \|(.*?)\|(.*)\|$/gm)].map(
  ([, names, kind, ours, remarks]) => ({
    names: [...(names ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name ?? ''),
    kind,
    ours: ours?.trim() ?? '',
    remarks: remarks?.trim() ?? '',
  }),
)

const CLASSES: Readonly<Record<string, { prototype: object }>> = { Broker, Worker, Client }

/** Where the options of a name are. */
const OPTIONS: Readonly<Record<string, string>> = {
  BrokerOptions: 'options.ts',
  SharedOptions: 'options.ts',
  MemberOptions: 'options.ts',
  WorkerOptions: 'worker.ts',
}

test('every name of the model is in the table, once', () => {
  expect(rows.flatMap(({ names }) => names).sort()).toEqual([...NAMES].sort())
})

test('what the table calls public is a member of that class, or one of those options', () => {
  const missing = rows
    .filter(({ kind }) => kind === 'public')
    .filter(({ ours }) => {
      const [, place = '', member = ''] = /^`(\w+)\.(\w+)`$/.exec(ours) ?? []
      const named = CLASSES[place]
      if (named !== undefined)
        return !(Object.hasOwn(named, member) || Object.hasOwn(named.prototype, member))
      const [, own = ''] = source(OPTIONS[place] ?? '').split(`export interface ${place} `)
      return !own.slice(0, own.indexOf('\n}')).includes(`  readonly ${member}`)
    })
  expect(missing).toEqual([])
})

test('what the table calls internal is in the file that it names', () => {
  const missing = rows
    .filter(({ kind }) => kind === 'internal')
    .filter(({ ours }) => {
      const [, name, file = ''] = /^`(\w+)` in `([\w./-]+)`$/.exec(ours) ?? []
      return !source(file).includes(`function ${name}(`)
    })
  expect(missing).toEqual([])
})

test('where there is none, the table says why', () => {
  expect(
    rows.filter(({ kind, ours, remarks }) => kind === 'none' && (ours !== '' || remarks === '')),
  ).toEqual([])
})

test('every option of a broker, worker and client is on the page', () => {
  const named = (file: string, name: string) => {
    const [, own = ''] = source(file).split(`export interface ${name} `)
    return [...own.slice(0, own.indexOf('\n}')).matchAll(/^ {2}readonly (\w+)/gm)].map(([, option]) => option)
  }
  const options = [
    ...['BrokerOptions', 'SharedOptions', 'MemberOptions'].flatMap((name) => named('options.ts', name)),
    ...named('worker.ts', 'WorkerOptions'),
    ...named('client.ts', 'ClientOptions'),
    ...named('config.ts', 'BrokerConfig'),
    ...named('background.ts', 'BackgroundOptions'),
    ...named('broker.ts', 'EnsureOptions'),
  ]
  expect(options.length).toBeGreaterThan(10)
  expect(options.filter((option) => !page.includes(`\`${option}\``))).toEqual([])
})

function source(file: string): string {
  return readFileSync(new URL(`packages/broker/src/${file}`, root), 'utf8')
}
