import { isError } from './error-value.js'
import { isPlain } from './plain.js'

/** A value that has arrived, and everything in it. */
export function* everyPart(value: unknown, seen = new Set<unknown>()): Generator<unknown, void, undefined> {
  yield value
  // An object of ours that has come home may contain itself.
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  for (const part of partsOf(value)) yield* everyPart(part, seen)
}

function partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  if (isError(value)) return Object.getOwnPropertyNames(value).map((key) => Reflect.get(value, key))
  return isPlain(value) ? Object.values(value) : []
}
