import { invalidOption, messageOf } from './errors.js'

/** The part of pino's interface that Skein uses: facts first, then a sentence. A pino logger fits as it is. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Warnings and errors go to standard error, one line each; the rest is dropped. */
export const stderrLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (facts, message) => console.warn(line('warning', facts, message)),
  error: (facts, message) => console.error(line('error', facts, message)),
}

const METHODS = ['debug', 'info', 'warn', 'error'] as const satisfies (keyof Logger)[]

/**
 * Found out when it is given: what is logged first, hours later, would otherwise throw where nobody expects it.
 *
 * @throws ERR_INVALID_OPTION
 */
export function checkLogger(option: string, given: unknown): Logger {
  if (isLogger(given)) return given
  throw invalidOption(option, given, `an object with the methods ${METHODS.join(', ')}, as pino has them`)
}

function isLogger(given: unknown): given is Logger {
  if (given === null || (typeof given !== 'object' && typeof given !== 'function')) return false
  return METHODS.every((name) => typeof Reflect.get(given, name) === 'function')
}

function line(level: string, facts: object, message: string): string {
  return `skein ${level}: ${withFacts(message, facts)}`
}

/** The sentence, and what there is to it: `a peer was lost uid=worker:0:1`. */
export function withFacts(message: string, facts: object): string {
  const shown = Object.entries(facts).map(([key, value]) => ` ${key}=${messageOf(value)}`)
  return `${message}${shown.join('')}`
}
