/** A promise and the two functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

/** `Promise.withResolvers`, which Node 20 doesn't have. */
export function deferred<T = void>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // A promise calls its executor before its constructor returns.
  if (settle === undefined) throw new TypeError('the promise took no executor')
  return { promise, ...settle }
}
