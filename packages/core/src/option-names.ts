import { describe, invalidOption, SkeinError } from './errors.js'
import { isRecord } from './is-record.js'

/**
 * Makes sure that an object has no other names than these: another one is most likely a slip.
 *
 * @param option what the error calls it if it is no object
 * @throws ERR_INVALID_OPTION
 */
export function checkNames(given: unknown, names: readonly string[], option = 'options'): void {
  if (!isRecord(given)) throw invalidOption(option, given, `an object, of ${names.join(', ')}`)
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw noSuchOption(name, given[name], names)
  }
}

function noSuchOption(option: string, value: unknown, names: readonly string[]): SkeinError {
  const allowed = names.join(', ')
  const facts = { option, given: describe(value), allowed }
  return new SkeinError('ERR_INVALID_OPTION', `there is no option '${option}'; there are ${allowed}`, facts)
}
