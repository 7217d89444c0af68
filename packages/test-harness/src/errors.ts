/** Why the harness gave up. Stable: one may be added, none is renamed. */
export type HarnessErrorCode =
  /** What a test waited for did not happen before the deadline; `timeoutMs` says how long it waited. */
  | 'ERR_NOT_IN_TIME'
  /** What a test opened is open still; `left` lists it. */
  | 'ERR_LEFT_OPEN'
  /** The harness was asked for something that it can't do: the message says what and why. */
  | 'ERR_HARNESS_MISUSE'
  /** The proxy was closed while something was expected of it. */
  | 'ERR_PROXY_CLOSED'

export interface HarnessErrorFacts {
  timeoutMs?: number
  /** What is open still, one line each. */
  left?: readonly string[]
}

// Declared by merging, so that a fact that isn't there is no property at all.
export interface HarnessError extends Readonly<HarnessErrorFacts> {}

/**
 * What the harness itself raises. No SkeinError: a test that expects an `ERR_TIMEOUT` of the mesh must not be content
 * with a deadline of its own.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the facts are assigned in the constructor and all are optional
export class HarnessError extends Error {
  override readonly name = 'HarnessError'

  constructor(
    readonly code: HarnessErrorCode,
    message: string,
    facts: HarnessErrorFacts & { cause?: unknown } = {},
  ) {
    const { cause, ...rest } = facts
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, rest)
  }
}
