/**
 * Names that mean something to JavaScript itself: `await` looks for `then`, JSON for `toJSON`, a template for
 * `toString`. They are neither exposed nor asked of anybody, or looking at a proxy would be a call.
 */
const LOCAL: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'then',
  'toJSON',
])

/** `LOCAL` and what begins with `_`, for the type checker. */
export type LocalName =
  | keyof typeof Object.prototype
  | '__proto__'
  | '__defineGetter__'
  | '__defineSetter__'
  | '__lookupGetter__'
  | '__lookupSetter__'
  | 'then'
  | 'toJSON'
  | `_${string}`

/** Whether a method of this name can be called from elsewhere. */
export function isRemoteName(name: string): boolean {
  return !name.startsWith('_') && !LOCAL.has(name)
}
