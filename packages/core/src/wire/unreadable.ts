import { malformed } from './malformed.js'
import { everyPart } from './parts.js'

/**
 * Stands for a value that follows the protocol and can't be made here all the same, such as a RegExp in the syntax of a
 * later JavaScript. The message that holds it fails, and no other.
 */
export class Unreadable {
  constructor(
    /** Why it can't be made. */
    readonly cause: unknown,
    /** The message that holds it, if it stands for that. */
    readonly message?: unknown,
  ) {}
}

/**
 * The messages of a batch, each one that holds something unreadable replaced by an `Unreadable` that holds it.
 *
 * @throws ERR_PROTOCOL if it is not a batch's array of messages
 */
export function setApart(decoded: unknown): unknown {
  if (decoded instanceof Unreadable) throw malformed(String(decoded.cause), decoded.cause)
  if (!Array.isArray(decoded)) throw malformed("a value can't be made here")
  return decoded.map((message: unknown) => {
    for (const part of everyPart(message)) {
      if (part instanceof Unreadable) return new Unreadable(part.cause, message)
    }
    return message
  })
}
