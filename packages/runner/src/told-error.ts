import { type ErrorFacts, SkeinError } from '@skein/core'
import { isRecord } from '@skein/core/internal'

/** What travels of an error of ours: its stack leads into another process. */
export interface ToldError {
  readonly code: string
  readonly message: string
  readonly facts: ErrorFacts
}

export function tellError({ name, code, message, stack, cause, ...facts }: SkeinError): ToldError {
  return { code, message, facts: plainFacts(facts) }
}

/** Undefined for what is none. */
export function parseToldError(given: unknown): ToldError | undefined {
  if (!isRecord(given)) return undefined
  const { code, message, facts } = given
  if (typeof code !== 'string' || typeof message !== 'string' || !isRecord(facts)) return undefined
  return { code, message, facts: plainFacts(facts) }
}

export function errorTold({ code, message, facts }: ToldError): SkeinError {
  // The code given here is replaced by the one that was told: which codes there are only the compiler knows.
  const error = new SkeinError('ERR_LAUNCH', message, facts)
  return Object.defineProperty(error, 'code', { value: code, enumerable: true })
}

/** All facts are texts and numbers, and `cause` is none. */
function plainFacts(facts: object): ErrorFacts {
  const plain = Object.entries(facts).filter(
    ([key, value]) => key !== 'cause' && (typeof value === 'string' || typeof value === 'number'),
  )
  return Object.fromEntries(plain)
}
