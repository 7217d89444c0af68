import { SkeinError } from '@skein/core'

/**
 * JSON for plain values, numbers without end included: `timeout: Infinity` is an option like any other, and
 * `JSON.stringify` would make it null. What JSON would make something else of is refused: a Date would arrive as a text,
 * a Map as an object without anything in it.
 *
 * @throws ERR_NOT_SERIALISABLE for what is neither plain nor a number
 */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, plain)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SkeinError('ERR_NOT_SERIALISABLE', `it can't be told to another process: ${why}`, { cause })
  }
}

/** @throws SyntaxError */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, member: unknown) => {
    const number: unknown =
      typeof member === 'object' && member !== null ? Reflect.get(member, NUMBER) : undefined
    return typeof number === 'string' && ENDLESS.has(number) ? Number(number) : member
  })
}

const NUMBER = '$number'
const ENDLESS: ReadonlySet<string> = new Set(['Infinity', '-Infinity', 'NaN'])

/** For `JSON.stringify`, which has called a member's `toJSON` by then: what it was stands in its holder. */
function plain(this: unknown, key: string, told: unknown): unknown {
  const member: unknown = Reflect.get(Object(this), key)
  switch (typeof member) {
    case 'number':
      return Number.isFinite(member) ? member : { [NUMBER]: String(member) }
    case 'object':
      if (member === null || isPlain(member)) return told
      throw new TypeError(`a ${member.constructor.name} is no plain value`)
    case 'bigint':
    case 'function':
    case 'symbol':
      throw new TypeError(`a ${typeof member} is no plain value`)
    default:
      return told
  }
}

/** An array, or an object that has the prototype of `{}`, in whatever realm, or none. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
