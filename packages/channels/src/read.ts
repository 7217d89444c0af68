import type { Interest, Vertex } from './graph.js'
import type { Parts } from './package.js'

/*
 * What comes from other contexts, checked before anything is done with it. Undefined is what is malformed.
 */

const MOST_TEXT = 256
export const MOST_LISTED = 10_000

export function isText(given: unknown): given is string {
  return typeof given === 'string' && given.length > 0 && given.length <= MOST_TEXT
}

export function isCount(given: unknown, least = 0): given is number {
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= least
}

export function readParts(given: unknown): Parts | undefined {
  return readAll(given, (each) => (each instanceof Uint8Array ? each : undefined))
}

export function readTexts(given: unknown): string[] | undefined {
  return readAll(given, (each) => (isText(each) ? each : undefined))
}

/** As vertices travel. */
export function vertexRow({ id, version, neighbours, interests }: Vertex): unknown[] {
  return [id, version, neighbours, interests.map(({ key, window }) => [key, window])]
}

export function readVertices(args: readonly unknown[]): Vertex[] | undefined {
  const [rows] = args
  return readAll(rows, readVertex)
}

function readVertex(row: unknown): Vertex | undefined {
  if (!Array.isArray(row)) return undefined
  const [id, version, neighbours, interests]: unknown[] = row
  const ids = readTexts(neighbours)
  const wanted = readAll(interests, readInterest)
  if (!isText(id) || !isCount(version, 1) || ids === undefined || wanted === undefined) return undefined
  return { id, version, neighbours: ids, interests: wanted }
}

function readInterest(row: unknown): Interest | undefined {
  if (!Array.isArray(row)) return undefined
  const [key, window]: unknown[] = row
  return isText(key) && isCount(window) ? { key, window } : undefined
}

function readAll<T>(given: unknown, read: (each: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(given) || given.length > MOST_LISTED) return undefined
  const all: T[] = []
  for (const each of given) {
    const item = read(each)
    if (item === undefined) return undefined
    all.push(item)
  }
  return all
}
