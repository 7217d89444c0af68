import { isError } from './error-value.js'
import { malformed } from './malformed.js'
import { isPlain } from './plain.js'

/**
 * Stands for a value that follows the protocol and can't be made here all the same, such as a RegExp in the syntax of a
 * later JavaScript. The message that holds it fails, and no other.
 */
export class Unreadable {
  constructor(
    /** Why it can't be made. */
    readonly cause: unknown,
    /** The message that holds it, if it stands for that. */
    readonly message?: unknown,
  ) {}
}

/**
 * The messages of a batch, each one that holds something unreadable replaced by an `Unreadable` that holds it.
 *
 * @throws ERR_PROTOCOL if it is not a batch's array of messages
 */
export function setApart(decoded: unknown): unknown {
  if (decoded instanceof Unreadable) throw malformed(String(decoded.cause), decoded.cause)
  if (!Array.isArray(decoded)) throw malformed("a value can't be made here")
  return decoded.map((message: unknown) => {
    const found = find(message, new Set())
    return found === undefined ? message : new Unreadable(found.cause, message)
  })
}

/** @param seen an object of ours that has come home may contain itself */
function find(value: unknown, seen: Set<unknown>): Unreadable | undefined {
  if (value instanceof Unreadable) return value
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  for (const part of partsOf(value)) {
    const found = find(part, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  if (isError(value)) return Object.getOwnPropertyNames(value).map((key) => Reflect.get(value, key))
  return isPlain(value) ? Object.values(value) : []
}
