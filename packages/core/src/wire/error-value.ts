import { types } from 'node:util'
import { describe, RuntimeDisconnectedError, SkeinError } from '../errors.js'
import { malformed } from './malformed.js'

/** What of an error travels. Stacks and the like are plain strings by now; the extras may hold anything. */
export interface ErrorValue {
  readonly name: string
  readonly message: string
  readonly stack: string | null
  /** `code`, `cause`, the `errors` of an AggregateError, and every own enumerable property. */
  readonly extras: readonly (readonly [string, unknown])[]
}

/** Of any realm; DOMException (an AbortSignal's reason) is no native error, but an error. */
export function isError(value: object): boolean {
  return (
    types.isNativeError(value) ||
    value instanceof Error ||
    Object.prototype.toString.call(value) === '[object DOMException]'
  )
}

/** Reads an error without ever throwing, whatever its accessors do. */
export function describeError(error: object): ErrorValue {
  const read = (key: string): unknown => {
    try {
      return Reflect.get(error, key)
    } catch {
      return undefined
    }
  }
  const stack = read('stack')
  const extras = new Map<string, unknown>()
  if (Object.hasOwn(error, 'cause')) extras.set('cause', read('cause'))
  if (Object.hasOwn(error, 'errors')) extras.set('errors', read('errors'))
  if (read('code') !== undefined) extras.set('code', read('code'))
  for (const key of Object.keys(error)) {
    if (!own.has(key) && key.isWellFormed()) extras.set(key, read(key))
  }
  return {
    name: text(read('name'), 'Error'),
    message: text(read('message'), ''),
    stack: typeof stack === 'string' ? stack : null,
    extras: [...extras],
  }
}

/** Travel apart from the extras, or not at all. */
const own = new Set(['name', 'message', 'stack', '__proto__'])

const builtIns = new Map<string, (message: string) => Error>([
  ['EvalError', (message) => new EvalError(message)],
  ['RangeError', (message) => new RangeError(message)],
  ['ReferenceError', (message) => new ReferenceError(message)],
  ['SyntaxError', (message) => new SyntaxError(message)],
  ['TypeError', (message) => new TypeError(message)],
  ['URIError', (message) => new URIError(message)],
])

/** The error for the payload of an error extension, `[name, message, stack, extras]`. */
export function reviveError(payload: unknown): Error {
  if (!Array.isArray(payload)) throw malformed('an error is not an array')
  const [name, message, stack, extras]: unknown[] = payload
  if (typeof name !== 'string' || typeof message !== 'string') {
    throw malformed('an error has no name or message')
  }
  if (typeof stack !== 'string' && stack !== null) {
    throw malformed('the stack of an error is neither string nor nil')
  }
  if (typeof extras !== 'object' || extras === null) throw malformed('the extras of an error are not a map')

  const error = make(name, message, new Map(Object.entries(extras)))
  for (const [key, value] of Object.entries(extras)) {
    if (own.has(key)) throw malformed(`an error carries ${key} twice`)
    const hidden = key === 'cause' || (key === 'errors' && error instanceof AggregateError)
    define(error, key, value, !hidden)
  }
  if (error.message !== message) define(error, 'message', message, false)
  if (error.name !== name) define(error, 'name', name, false)
  // An error without a stack gets none from here: it would lead into the codec.
  define(error, 'stack', stack ?? (message === '' ? name : `${name}: ${message}`), false)
  return error
}

function make(name: string, message: string, extras: ReadonlyMap<string, unknown>): Error {
  const errors = extras.get('errors')
  if (name === 'AggregateError' && Array.isArray(errors)) return new AggregateError(errors, message)
  if (typeof extras.get('code') === 'string') {
    // The code given here is replaced by the one received, which a later version may have added.
    if (name === 'SkeinError') return new SkeinError('ERR_REMOTE', message)
    const [uid, reason, executed] = [extras.get('uid'), extras.get('reason'), extras.get('executed')]
    if (name === 'RuntimeDisconnectedError' && typeof uid === 'string' && typeof reason === 'string') {
      if (executed === 'no' || executed === 'maybe') {
        return new RuntimeDisconnectedError(uid, reason, executed)
      }
    }
  }
  return builtIns.get(name)?.(message) ?? new Error(message)
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : value === undefined ? otherwise : describe(value)
}
