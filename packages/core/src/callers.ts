/** Stands between what an error's own stack says and those who await it. */
const CALLED_FROM = '    --- awaited by ---'

/**
 * A promise that rejects with an error, whose stack has been continued with the functions that await it: an error that
 * comes from elsewhere, or from a timer, would not say who asked.
 *
 * To be handed to the promise that they await. It costs a request that succeeds nothing: V8 follows the chain of
 * awaiting functions only here, from the job in which the promise is rejected, which must run after that promise has
 * been linked to this one. (Measured: capturing a stack for each request takes 2 to 5 µs of the 3 that a call takes.)
 */
export function withCallers(error: unknown): Promise<never> {
  let linked: (value?: undefined) => void = () => {}
  const link = new Promise<undefined>((resolve) => {
    linked = resolve
  })
  const fail = (): never => {
    if (error instanceof Error) appendCallers(error, fail)
    throw error
  }
  const failing = link.then(fail)
  queueMicrotask(linked)
  return failing
}

/** @param job the outermost function of the present job: what stands below it are those who await */
function appendCallers(error: Error, job: () => never): void {
  const below: { stack?: string } = {}
  Error.captureStackTrace(below, job)
  const callers = below.stack?.split('\n').slice(1) ?? []
  if (callers.length === 0 || typeof error.stack !== 'string') return
  const stack = [error.stack, CALLED_FROM, ...callers].join('\n')
  // An error that was frozen keeps what it has.
  Reflect.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true })
}
