import { type Executed, SkeinError } from '@skein/core'
import { describe, describeError, reviveError } from '@skein/core/internal'

/**
 * An answer that is an error has two frames, of which the first is empty; no payload begins with an empty frame and has
 * another. The second is JSON, whatever the payloads are, so that anybody can read it: `{name, message, extras}`.
 *
 * @param executed whether the request can have run
 */
export function errorFrames(thrown: unknown, executed: Executed): Uint8Array[] {
  const error = errorOf(thrown)
  const { name, message, extras } = describeError(error)
  const facts = Object.fromEntries(extras.filter(([, each]) => isScalar(each)))
  // What it says of the handler's own requests is not to be taken for this one.
  if (error instanceof SkeinError) facts.executed = executed
  const value = { name, message, extras: facts }
  return [Buffer.alloc(0), Buffer.from(JSON.stringify(value))]
}

/** The error in the payload of an answer; undefined if it is a value. */
export function readError(payload: readonly Buffer[]): Error | undefined {
  const [first, json] = payload
  if (payload.length !== 2 || first?.length !== 0 || json === undefined) return undefined
  try {
    const { name, message, extras }: Record<string, unknown> = JSON.parse(json.toString())
    return reviveError([name, message, null, extras ?? {}])
  } catch (error) {
    return new SkeinError('ERR_INVALID_PAYLOAD', "the answer is an error that can't be read", {
      executed: 'maybe',
      cause: error,
    })
  }
}

function errorOf(thrown: unknown): object {
  if (thrown instanceof Error) return thrown
  return new SkeinError('ERR_REMOTE', `the handler threw ${describe(thrown)}`)
}

/** What is worth telling somebody else: facts, and not a cause with all that hangs on it. */
function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
