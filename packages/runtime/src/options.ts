import type { RequestOptions } from '@skein/core'
import {
  abortSignal,
  anything,
  type Check,
  checkOptions,
  checkUid,
  duration,
  flag,
  invalidOption,
  timeLimit,
} from '@skein/core/internal'

export { abortSignal, anything, type Check, checkOptions, duration, flag, timeLimit }

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

export const list: Check = (option, given) => {
  if (!Array.isArray(given)) throw invalidOption(option, given, 'an array')
}

export const uids: Check = (option, given) => {
  if (!Array.isArray(given)) throw invalidOption(option, given, "an array of uids, as in ['worker:0:0']")
  given.forEach(checkUid)
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
