/** A promise and the two functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

/** `Promise.withResolvers`, which Node 20 doesn't have. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] | undefined
  let reject: Deferred<T>['reject'] | undefined
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  // A promise calls its executor before its constructor returns.
  if (resolve === undefined || reject === undefined) throw new TypeError('the promise took no executor')
  return { promise, resolve, reject }
}
