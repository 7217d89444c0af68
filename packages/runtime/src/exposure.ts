import { types } from 'node:util'
import { SkeinError } from '@skein/core'
import { describe, invalidOption } from '@skein/core/internal'
import { isRemoteName } from './names.js'
import { isProxy } from './proxy.js'

export type Method = (this: object, ...args: unknown[]) => unknown

/** What can be called of an object, by name. Made once, so that no name that comes in is ever looked up on the object. */
export type Methods = ReadonlyMap<string, Method>

/**
 * The methods that others may call: of a plain object its own functions, of a class instance the methods of its class
 * and of the classes that it extends. Never accessors (none is invoked to find out), symbols, names that begin with
 * `_`, or what Object.prototype has names for. TypeScript's `private` is no protection: it is gone at run time.
 *
 * @param what names the object in the error: `the object exposed as 'math'`
 * @throws ERR_INVALID_OPTION for data, which is sent and not exposed, and for what has nothing to call
 */
export function methodsOf(object: object, what: string): Methods {
  if (isData(object)) throw invalidOption('object', object, 'an object with methods; data is sent as it is')
  const methods = isPlain(object) ? ownFunctions(object) : publicMethods(object)
  if (methods.size > 0) return methods
  const facts = { option: 'object', given: describe(object), allowed: 'an object with methods' }
  throw new SkeinError('ERR_INVALID_OPTION', `${what} has no methods`, facts)
}

function ownFunctions(object: object): Methods {
  const methods = new Map<string, Method>()
  for (const name of Object.getOwnPropertyNames(object)) {
    const method = functionAt(object, name)
    if (isRemoteName(name) && method !== undefined) methods.set(name, method)
  }
  return methods
}

/** The nearest definition of a name counts: an accessor hides the method that it overrides. */
function publicMethods(object: object): Methods {
  const methods = new Map<string, Method>()
  const seen = new Set<string>()
  for (const prototype of prototypesOf(object)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (seen.has(name) || !isRemoteName(name)) continue
      seen.add(name)
      // A class that binds its method in the constructor has its own property there.
      const holder = Object.hasOwn(object, name) ? object : prototype
      const method = functionAt(holder, name)
      if (method !== undefined) methods.set(name, method)
    }
  }
  return methods
}

function* prototypesOf(object: object): Iterable<object> {
  let prototype: unknown = Object.getPrototypeOf(object)
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    yield prototype
    prototype = Object.getPrototypeOf(prototype)
  }
}

function functionAt(holder: object, name: string): Method | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
  return isMethod(value) ? value : undefined
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function'
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

/** What is a value of its own, with methods that belong to the language. */
function isData(object: object): boolean {
  return (
    typeof object !== 'object' ||
    object === null ||
    isProxy(object) ||
    Array.isArray(object) ||
    ArrayBuffer.isView(object) ||
    DATA.some((test) => test(object)) ||
    object instanceof WeakRef
  )
}

const DATA: readonly ((object: object) => boolean)[] = [
  types.isAnyArrayBuffer,
  types.isBoxedPrimitive,
  types.isDate,
  types.isGeneratorObject,
  types.isMap,
  types.isMapIterator,
  types.isNativeError,
  types.isPromise,
  types.isRegExp,
  types.isSet,
  types.isSetIterator,
  types.isWeakMap,
  types.isWeakSet,
]
