import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type TypeScript from 'typescript'
import { nodesOf, packagesFolder, readSources, type Source, target, ts } from './sources.js'

/** Which packages of ours a package may import. */
const PACKAGES: Record<string, readonly string[]> = {
  core: [],
  runner: ['core'],
  devices: ['core', 'runner'],
  context: ['core', 'devices'],
  channels: ['core'],
  runtime: ['core', 'channels'],
  launch: ['core', 'runner', 'runtime'],
  'test-harness': ['core', 'runner', 'runtime', 'launch'],
  broker: ['core', 'runner', 'devices', 'runtime'],
  skein: ['core', 'channels', 'runner', 'runtime', 'launch', 'broker'],
  examples: ['skein', 'channels', 'context', 'devices'],
  bench: ['channels', 'devices', 'skein', 'test-harness'],
}

/** Core from its lowest layer to its highest: a file imports its own layer and those below it. */
const CORE_LAYERS = [
  /^[^/]+\.ts$/,
  /^wire\//,
  /^transport\//,
  /^peer\//,
  /^link\//,
  /^stream\//,
  /^comms\//,
  /^comms-manager\.ts$/,
  /^(index|internal)\.ts$/,
]

const ZMQ = 'core/src/transport/zmq/'

/** Where zeromq is measured itself. */
const RAW = ['systems/raw', 'relay/raw-sockets', 'publish/raw-sockets'].map((name) => `bench/src/${name}.ts`)

/** What waits for a condition that has no event looks at it now and then, and only here. */
const POLLER = 'test-harness/src/turns.ts'

const sources = readSources()

test('a package imports only the packages that it may', () => {
  const wrong = importsWhere((source, specifier) => {
    const sibling = /^(?:@skein\/)?([^/]+)/.exec(specifier)?.[1] ?? ''
    const ours = specifier.startsWith('@skein/') || sibling === 'skein'
    return ours && !PACKAGES[source.package]?.includes(sibling)
  })
  expect(wrong).toEqual([])
})

test('a relative import stays in the sources of its package', () => {
  const wrong = importsWhere((source, _, path) => !!path && !path.startsWith(`${source.package}/src/`))
  expect(wrong).toEqual([])
})

test('zeromq is imported in one folder of core, and where it is measured itself', () => {
  const allowed = (path: string) => path.startsWith(ZMQ) || RAW.includes(path)
  const wrong = importsWhere((source, specifier) => /^zeromq(\/|$)/.test(specifier) && !allowed(source.path))
  expect(wrong).toEqual([])
})

test('one file of core loads zeromq, all others take only its types', () => {
  const loading = sources.filter(({ imports }) =>
    imports.some(({ specifier, typeOnly }) => /^zeromq(\/|$)/.test(specifier) && !typeOnly),
  )
  expect(loading.map(({ path }) => path).sort()).toEqual([...RAW, `${ZMQ}zeromq.ts`].sort())
})

test('a layer of core imports only itself and those below it', () => {
  const wrong = importsWhere(
    (source, _, path) => source.package === 'core' && !!path && coreLayer(path) > coreLayer(source.path),
  )
  expect(wrong).toEqual([])
})

test('nothing imports the doors of its own package', () => {
  const wrong = importsWhere((_, __, path) => /^[^/]+\/src\/(index|internal)\.ts$/.test(path ?? ''))
  expect(wrong).toEqual([])
})

test('no file imports itself by way of others, types aside', () => {
  expect(cycles()).toEqual([])
})

test('nothing waits for a while', () => {
  const wrong = sources.filter(({ path }) => path !== POLLER).flatMap((source) => [...sleepsIn(source)])
  expect(wrong).toEqual([])
})

test('a package is built after those that it depends on, and its tests are compiled too', () => {
  const built = references('../tsconfig.json')
  for (const name of new Set(sources.map((source) => source.package))) {
    const siblings = Object.keys(json(`${name}/package.json`).dependencies ?? {})
      .filter((dependency) => /^(@skein\/|skein$)/.test(dependency))
      .map((dependency) => `../${dependency.replace('@skein/', '')}`)
    expect(references(`${name}/tsconfig.json`)).toEqual(expect.arrayContaining(siblings))
    expect(built).toEqual(expect.arrayContaining([`packages/${name}`, `packages/${name}/test`]))
  }
})

type Rule = (source: Source, specifier: string, path: string | undefined) => boolean

function importsWhere(isWrong: Rule): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((each) => isWrong(source, each.specifier, target(source, each)))
      .map((each) => `${source.path} imports ${each.specifier}`),
  )
}

/** The highest layer whose pattern fits: the first one fits every file at the root. */
function coreLayer(path: string): number {
  const layer = CORE_LAYERS.findLastIndex((pattern) => pattern.test(path.replace('core/src/', '')))
  if (layer < 0)
    throw new Error(`${path} is in none of core's layers: give it one, here and in biome.layers.json`)
  return layer
}

function cycles(): string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports.filter((each) => !each.typeOnly).map((each) => target(source, each) ?? ''),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' > '))
    if (done.has(path)) return
    done.add(path)
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

/** Finds promises that only a timer settles: one that nobody can clear, or one of `node:timers/promises`. */
function* sleepsIn({ path, nodes }: Source): Iterable<string> {
  for (const node of nodes) {
    if (isTimerPromiseImport(node) || (isPromise(node) && nodesOf(node).some(isDroppedTimer)))
      yield `${path} sleeps: ${node.getText()}`
  }
}

function isTimerPromiseImport(node: TypeScript.Node): boolean {
  return ts.isImportDeclaration(node) && /\bsetTimeout\b.*timers\/promises/s.test(node.getText())
}

function isPromise(node: TypeScript.Node): boolean {
  return ts.isNewExpression(node) && node.expression.getText() === 'Promise'
}

/** True of a call of setTimeout whose result goes nowhere. */
function isDroppedTimer(node: TypeScript.Node): boolean {
  const called = ts.isCallExpression(node) && /(^|\.)setTimeout$/.test(node.expression.getText())
  return called && (ts.isExpressionStatement(node.parent) || ts.isArrowFunction(node.parent))
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly references?: readonly { path: string }[]
}

function references(file: string): string[] {
  return (json(file).references ?? []).map(({ path }) => path)
}

function json(file: string): Manifest {
  return JSON.parse(readFileSync(join(packagesFolder, file), 'utf8'))
}
