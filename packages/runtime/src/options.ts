import { type RequestOptions, SkeinError } from '@skein/core'
import { checkTimeout, checkUid, describe, invalidOption } from '@skein/core/internal'

/** Makes sure that an option's value is right. */
export type Check = (option: string, given: unknown) => unknown

/**
 * Makes sure that options have no other names than those that there are checks for, and the right values. What is
 * undefined counts as not given.
 *
 * @throws ERR_INVALID_OPTION
 */
export function checkOptions<T extends object>(
  given: T,
  checks: Readonly<Record<string, Check>>,
  option = 'options',
): T {
  const names = Object.keys(checks).join(', ')
  if (!isRecord(given)) throw invalidOption(option, given, `an object, of ${names}`)
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    // A name that is none of them is most likely a slip.
    if (check === undefined) throw noSuchOption(name, value, names)
    if (value !== undefined) check(name, value)
  }
  return given
}

function noSuchOption(option: string, value: unknown, names: string): SkeinError {
  const facts = { option, given: describe(value), allowed: names }
  return new SkeinError('ERR_INVALID_OPTION', `there is no option '${option}'; there are ${names}`, facts)
}

/** @throws ERR_INVALID_OPTION */
export function checkCount(option: string, given: unknown): number {
  if (typeof given === 'number' && Number.isInteger(given) && given > 0) return given
  throw invalidOption(option, given, 'a whole number, 1 or more')
}

/** @throws ERR_INVALID_OPTION */
export function checkNumber(option: string, given: unknown): number {
  if (typeof given === 'number' && Number.isFinite(given)) return given
  throw invalidOption(option, given, 'a finite number')
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

export const list: Check = (option, given) => {
  if (!Array.isArray(given)) throw invalidOption(option, given, 'an array')
}

export const uids: Check = (option, given) => {
  if (!Array.isArray(given)) throw invalidOption(option, given, "an array of uids, as in ['worker:0:0']")
  given.forEach(checkUid)
}

export const abortSignal: Check = (option, given) => {
  if (isRecord(given) && typeof given.aborted === 'boolean' && typeof given.addEventListener === 'function')
    return
  throw invalidOption(option, given, 'an AbortSignal; of an AbortController, its .signal')
}

const overflow: Check = (option, given) => {
  if (given !== 'wait' && given !== 'fail') throw invalidOption(option, given, "'wait' or 'fail'")
}

const tries: Check = (option, given) => {
  if (given !== 1 && given !== 2 && given !== 3) throw invalidOption(option, given, '1, 2 or 3')
}

export const REQUEST_CHECKS: Readonly<Record<keyof RequestOptions, Check>> = {
  timeout: timeLimit,
  signal: abortSignal,
  itemTimeout: timeLimit,
  overflow,
  idempotent: flag,
  tries,
}

function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
