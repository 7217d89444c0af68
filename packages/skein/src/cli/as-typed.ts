import type { SkeinError } from '@skein/core'
import type { BrokerFlags, CheckFlags } from './broker.js'

/** Where the token is looked for that no file gives: an argument could be read by everybody on the machine. */
export const TOKEN_VARIABLE = 'SKEIN_TOKEN'

/** Flags that are options of a broker under another spelling. */
const FLAGS: Readonly<Record<string, string>> = {
  address: '--address',
  pubAddress: '--pub-address',
  subAddress: '--sub-address',
  monAddress: '--mon-address',
  name: '--name',
  timeout: '--timeout',
  tokenFile: '--token-file',
}

/** What is wrong, with the names of options as whoever has typed the command knows them. */
export function asTyped(error: SkeinError, flags: BrokerFlags | CheckFlags): string {
  const { code, option, given, allowed } = error
  if (option === undefined || given === undefined || allowed === undefined) return error.message
  const typed = nameOf(option, flags)
  // It would name an option of the program's, which is none of the command's.
  if (code === 'ERR_INSECURE')
    return `${typed} is ${given}, which other machines can reach; bind a loopback address, or pass --insecure if the network is trusted`
  if (typed === option) return error.message
  return given === 'undefined' ? `${typed} is missing; allowed: ${allowed}` : withName(error, option, typed)
}

/** A message begins with the name of the option. */
function withName({ message }: SkeinError, option: string, typed: string): string {
  return message.startsWith(option) ? `${typed}${message.slice(option.length)}` : message
}

function nameOf(option: string, flags: BrokerFlags | CheckFlags): string {
  const isConfigured = 'config' in flags && flags.config !== undefined
  if (option === 'token') {
    if (flags.tokenFile !== undefined) return `the token in ${flags.tokenFile}`
    return isConfigured ? option : TOKEN_VARIABLE
  }
  // Of a check the address is an argument of that name.
  if (option === 'address' && !('drain' in flags)) return option
  // What was not typed is in the configuration, if there is one.
  const isTyped = Object.entries(flags).some(([name, value]) => name === option && value !== undefined)
  return isTyped || !isConfigured ? (FLAGS[option] ?? option) : option
}
