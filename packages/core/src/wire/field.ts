import { describe, SkeinError } from '../errors.js'
import { TOKEN_BYTES } from './header.js'
import { malformed } from './malformed.js'

// What a field of a message may be. `name` is `kind.field`, for the error.

/** The longest strings, in UTF-16 units, by what they hold. `docs/protocol.md`, Message kinds. */
export const ID = 128
export const NAME = 256
export const TEXT = 1024

export function integer(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw wrong(name, value, 'an integer from 0 to 2^53 - 1')
}

/** A measure, such as milliseconds: not necessarily whole. */
export function quantity(value: unknown, name: string): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
  throw wrong(name, value, 'a finite number from 0 up')
}

export function string(value: unknown, name: string, maxLength: number): string {
  if (typeof value === 'string' && value.length <= maxLength) return value
  throw wrong(name, value, `a string of at most ${maxLength} characters`)
}

/** 16 bytes, copied: what they arrived in is let go. */
export function bytes16(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array && value.length === TOKEN_BYTES) return new Uint8Array(value)
  throw wrong(name, value, `${TOKEN_BYTES} bytes`)
}

export function list(value: unknown, name: string, maxLength = Number.POSITIVE_INFINITY): unknown[] {
  if (Array.isArray(value) && value.length <= maxLength) return value
  throw wrong(
    name,
    value,
    maxLength === Number.POSITIVE_INFINITY ? 'an array' : `an array of at most ${maxLength}`,
  )
}

export function nullable<T, A extends unknown[]>(
  value: unknown,
  name: string,
  of: (value: unknown, name: string, ...rest: A) => T,
  ...rest: A
): T | null {
  return value === null ? null : of(value, name, ...rest)
}

/** A string of a message that is about to be sent: what its reader would refuse is refused here. */
export function fitting(value: string, name: string, maxLength: number): string {
  if (value.length <= maxLength) return value
  throw new SkeinError(
    'ERR_TOO_LARGE',
    `${name} has ${value.length} characters, and ${maxLength} is the limit`,
    {
      path: name,
      size: value.length,
      limit: maxLength,
    },
  )
}

function wrong(name: string, value: unknown, allowed: string): SkeinError {
  return malformed(`${name} is ${describe(value)}, not ${allowed}`)
}
