/**
 * Every error that Skein itself raises, told apart by `code`, never by its text.
 *
 * Codes are stable: one may be added, none is renamed or given another meaning.
 */
export type ErrorCode =
  /** An option, argument or setting is wrong; `option`, `given` and `allowed` say which and how. */
  | 'ERR_INVALID_OPTION'
  /** A runtime's name is not of the form `name:index:index`. */
  | 'ERR_INVALID_UID'
  /** An address is not one that the transport can bind or dial. */
  | 'ERR_INVALID_ADDRESS'
  /** The port or path is held by another process. */
  | 'ERR_ADDRESS_IN_USE'
  /** The address can't be bound here: no such interface, or no permission. */
  | 'ERR_ADDRESS_UNAVAILABLE'
  /** The address is reachable from other machines and there are no keys. */
  | 'ERR_INSECURE'
  /** The runtime's name is held by another one that is alive. */
  | 'ERR_UID_TAKEN'
  /** The other side answered the handshake with a refusal. */
  | 'ERR_HANDSHAKE_REFUSED'
  /** Nobody answered the handshake before its deadline. */
  | 'ERR_HANDSHAKE_TIMEOUT'
  /** No runtime of that name is known to the mesh. */
  | 'ERR_NO_SUCH_PEER'
  | 'ERR_NO_SUCH_SERVICE'
  | 'ERR_NO_SUCH_METHOD'
  | 'ERR_NO_SUCH_OBJECT'
  /** The module to create an object from, or its export, isn't there or isn't a class. */
  | 'ERR_NO_SUCH_EXPORT'
  /** The peer died, left, or its session ended while the request was under way. */
  | 'ERR_PEER_LOST'
  /** The request's deadline passed. */
  | 'ERR_TIMEOUT'
  /** The caller gave the request up. */
  | 'ERR_CANCELLED'
  /** A queue is full and the caller asked not to wait. */
  | 'ERR_OVERLOADED'
  /** A value can't be put into a message; `path` leads to the culprit. */
  | 'ERR_NOT_SERIALISABLE'
  /** A payload can't be read, or is not of the type that its endpoint takes; `path` leads to the culprit. */
  | 'ERR_INVALID_PAYLOAD'
  /** A value or message exceeds a limit. */
  | 'ERR_TOO_LARGE'
  /** Bytes that do not follow `docs/protocol.md`. */
  | 'ERR_PROTOCOL'
  /** This runtime has been stopped. */
  | 'ERR_CLOSED'
  /** A stream can be read once, and has been. */
  | 'ERR_STREAM_USED'
  /** The remote method threw something that has no code of its own. */
  | 'ERR_REMOTE'
  /** A started runtime ended, or could not be started. */
  | 'ERR_LAUNCH'

/** What is known about a request that failed: it certainly never ran, or it may have. */
export type Executed = 'no' | 'maybe'

/** The facts that an error can carry; which of them are there depends on its code. */
export interface ErrorFacts {
  /** The peer that it is about. */
  uid?: string
  instance?: string
  service?: string
  /** Type and uid of a resident object. */
  object?: string
  method?: string
  address?: string
  /** The option's name, dotted where it is nested: `liveness.heartInterval`. */
  option?: string
  /** What was given, as text. */
  given?: string
  /** What would have been right, as text. */
  allowed?: string
  /** Whether the request can have run. */
  executed?: Executed
  /** Milliseconds. */
  timeoutMs?: number
  /** From the arguments to the culprit: `args[0].user.onClick`. */
  path?: string
  /** The limit that was exceeded and what was there, in the limit's unit. */
  limit?: number
  size?: number
  /** How a peer came to be lost. */
  reason?: string
}

// Declared by merging, so that a fact that isn't there is no property at all.
export interface SkeinError extends Readonly<ErrorFacts> {}

/** What another error was about may be passed on, but not what it is: that would take the place of what this one is. */
type Given = ErrorFacts & { readonly cause?: unknown; readonly code?: never; readonly message?: never }

/** The one class of errors that Skein raises. What happened is in `code`, to whom in the facts. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the facts are assigned in the constructor and all are optional
export class SkeinError extends Error {
  override readonly name: string = 'SkeinError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    facts: Given = {},
  ) {
    const { cause, ...rest } = facts
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, rest)
  }
}

/** A peer was lost while a request to it was under way; `executed` says whether it can have run. */
export class RuntimeDisconnectedError extends SkeinError {
  override readonly name = 'RuntimeDisconnectedError'

  /** @param meaning what that means for what was under way @default whether the request can have run */
  constructor(uid: string, reason: string, executed: Executed, facts: ErrorFacts = {}, meaning?: string) {
    const doubt = executed === 'no' ? 'the request never ran' : 'the request may have run'
    super('ERR_PEER_LOST', `${uid} was lost (${reason}); ${meaning ?? doubt}`, {
      ...facts,
      uid,
      reason,
      executed,
    })
  }
}

/** The error for a wrong option: says its name, what was given and what is allowed. */
export function invalidOption(option: string, given: unknown, allowed: string): SkeinError {
  const shown = describe(given)
  return new SkeinError('ERR_INVALID_OPTION', `${option} is ${shown}; allowed: ${allowed}`, {
    option,
    given: shown,
    allowed,
  })
}

/** The same error with another beginning of its path, where it has the one that is to be replaced. */
export function replacePath(error: unknown, beginning: string, by: string): unknown {
  if (!(error instanceof SkeinError) || error.path?.startsWith(beginning) !== true) return error
  const { code, message, name, stack, cause, ...facts } = error
  const path = by + error.path.slice(beginning.length)
  return new SkeinError(code, message.replace(error.path, path), { ...facts, path, cause })
}

/** A short text for any value, safe to put into a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 80 ? `'${value.slice(0, 77)}…'` : `'${value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
  if (typeof value === 'object' && value !== null) {
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
    if (name === '') return 'an instance of a class without a name'
    return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object'
  }
  return String(value)
}

/** What is said of whatever was thrown, in a sentence about something else. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  try {
    return String(error)
  } catch {
    // An object without a prototype has no text.
    return describe(error)
  }
}
