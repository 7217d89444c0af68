/**
 * Notes on an error at which worker of a pool it came up and with which item, for people and programs: what was thrown is
 * still what arrives. What it has under these names already is its own, and an error that was frozen keeps what it has.
 */
export function noted(error: unknown, worker: string, item: number): unknown {
  if (!(error instanceof Error)) return error
  for (const [name, value] of Object.entries({ worker, item })) {
    if (Object.hasOwn(error, name)) continue
    Reflect.defineProperty(error, name, { value, enumerable: true, writable: true, configurable: true })
  }
  return error
}
