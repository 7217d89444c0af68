import { SkeinError } from '../errors.js'

/** The error for bytes that do not follow `docs/protocol.md`. */
export function malformed(what: string, cause?: unknown): SkeinError {
  return new SkeinError('ERR_PROTOCOL', `The bytes received do not follow the protocol: ${what}`, { cause })
}

/** The error for bytes that can't be read, whatever was thrown on the way. */
export function asMalformed(thrown: unknown): SkeinError {
  if (thrown instanceof SkeinError) return thrown
  return malformed(thrown instanceof Error ? thrown.message : String(thrown), thrown)
}

/** The error for a limit of `Limits` that was broken, by name. */
export function overLimit(name: string, size: number, limit: number): SkeinError {
  return new SkeinError('ERR_TOO_LARGE', `${size} exceeds limits.${name}, which is ${limit}`, { size, limit })
}
