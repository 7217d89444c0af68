import { RuntimeDisconnectedError, SkeinError } from '../errors.js'
import { describeError, isError, reviveError } from '../wire/error-value.js'

// What a caller is told of a request that failed here: nothing that isn't true of the request itself.

/**
 * What a method has thrown, as its caller may have it: that a request of the method's own never ran does not mean that
 * the method didn't. The class of the error may be that of another copy of this package, or the error be none.
 */
export function ran(error: unknown): unknown {
  if (!saysNo(error)) return error
  if (!(error instanceof SkeinError)) return foreignRan(error)
  const { code, message, stack, cause, ...facts } = error
  const { uid, reason } = error
  const copy =
    error instanceof RuntimeDisconnectedError && uid !== undefined && reason !== undefined
      ? new RuntimeDisconnectedError(uid, reason, 'maybe', { ...facts })
      : new SkeinError(code, message, { ...facts, executed: 'maybe', cause })
  return Object.defineProperty(copy, 'stack', { value: stack, writable: true, configurable: true })
}

function foreignRan(error: object): unknown {
  if (isError(error)) {
    const { name, message, stack, extras } = describeError(error)
    return reviveError([name, message, stack, { ...Object.fromEntries(extras), executed: 'maybe' }])
  }
  try {
    return { ...error, executed: 'maybe' }
  } catch {
    return error // what can't be read can't be sent either
  }
}

function saysNo(error: unknown): error is object {
  try {
    return typeof error === 'object' && error !== null && 'executed' in error && error.executed === 'no'
  } catch {
    return false // as above
  }
}

/** Arguments that can't be made here: the request is not even begun. */
export function unread({ code, message, cause }: SkeinError): SkeinError {
  return new SkeinError(code, message, { executed: 'no', cause })
}

/** A result that can't be sent: the method has run all the same. */
export function unsendable(error: unknown): unknown {
  if (!(error instanceof SkeinError)) return error
  const { code, message, path, limit, size, cause } = error
  const facts = {
    ...(path !== undefined && { path }),
    ...(limit !== undefined && { limit, size: size ?? 0 }),
  }
  return new SkeinError(code, message, { ...facts, executed: 'maybe', cause })
}
