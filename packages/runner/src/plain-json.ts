import { SkeinError } from '@skein/core'

/**
 * JSON for plain values, numbers without end included: `timeout: Infinity` is an option like any other, and
 * `JSON.stringify` would make it null.
 *
 * @throws ERR_NOT_SERIALISABLE for what JSON can't carry
 */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, member: unknown) => {
      switch (typeof member) {
        case 'number':
          return Number.isFinite(member) ? member : { [NUMBER]: String(member) }
        case 'bigint':
        case 'function':
        case 'symbol':
          throw new TypeError(`a ${typeof member} is no plain value`)
        default:
          return member
      }
    })
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
