import { invalidOption } from '@skein/core/internal'

const SERVICE = /^[A-Za-z][\w.-]{0,127}$/

/** @throws ERR_INVALID_OPTION */
export function checkService(given: unknown): string {
  if (typeof given === 'string' && SERVICE.test(given)) return given
  throw invalidOption('service', given, "a letter and up to 127 letters, digits, '_', '-' and '.'")
}

/** Far more than anybody types, and little beside a message. */
const LONGEST_KEYWORD = 256

/** @throws ERR_INVALID_OPTION */
export function checkKeyword(given: unknown): string {
  if (typeof given === 'string' && given.length > 0 && given.length <= LONGEST_KEYWORD) return given
  throw invalidOption('keyword', given, `a string of 1 to ${LONGEST_KEYWORD} characters`)
}
