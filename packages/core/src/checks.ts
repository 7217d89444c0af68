import { invalidOption } from './errors.js'
import { isRecord } from './is-record.js'
import { checkLogger } from './logger.js'
import { checkNames } from './option-names.js'
import { checkTimeout } from './settings.js'

/** Makes sure that an option's value is right. */
export type Check = (option: string, given: unknown) => unknown

/** The checks of an object of options, by their names: each that there is has one. */
export type Checks = Readonly<Record<string, Check>>

/**
 * Makes sure that options have no other names than those that there are checks for, and the right values. What is
 * undefined counts as not given.
 *
 * @throws ERR_INVALID_OPTION
 */
export function checkOptions<T extends object>(given: T, checks: Checks, option = 'options'): T {
  checkNames(given, Object.keys(checks), option)
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) checks[name]?.(name, value)
  }
  return given
}

/** Of options that are checked where they are used. */
export const anything: Check = () => {}

export const timeLimit: Check = (option, given) => checkTimeout(option, given, 0)

/** Of a time that may be none. */
export const duration: Check = (option, given) => {
  if (typeof given === 'number' && given >= 0) return
  throw invalidOption(option, given, 'milliseconds, 0 or more; Infinity for as long as it takes')
}

export const flag: Check = (option, given) => {
  if (typeof given !== 'boolean') throw invalidOption(option, given, 'true or false')
}

export const logger: Check = (option, given) => checkLogger(option, given)

export const abortSignal: Check = (option, given) => {
  if (isRecord(given) && typeof given.aborted === 'boolean' && typeof given.addEventListener === 'function')
    return
  throw invalidOption(option, given, 'an AbortSignal; of an AbortController, its .signal')
}

/** @throws ERR_INVALID_OPTION */
export function checkBytes(option: string, given: unknown): Uint8Array | string {
  if (typeof given === 'string' || given instanceof Uint8Array) return given
  throw invalidOption(option, given, 'a string, a Buffer or a Uint8Array')
}
