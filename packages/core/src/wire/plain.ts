/** Whether it is a plain object, of this realm or another. */
export function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  if (typeof prototype !== 'object' || Object.getPrototypeOf(prototype) !== null) return false
  return Object.hasOwn(prototype, 'isPrototypeOf') && prototype.constructor.name === 'Object'
}

/** A copy of the first properties, which needed no lowering. */
export function partOf(record: Readonly<Record<string, unknown>>, keys: readonly string[], count: number) {
  return Object.fromEntries(keys.slice(0, count).map((key) => [key, record[key]]))
}
