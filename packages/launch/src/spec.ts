import { checkUid, describe, invalidOption, isRecord } from '@skein/core/internal'
import type { RuntimeSpec } from '@skein/runtime/internal'

const ROLES = ['monitor', 'node', 'worker', 'head'] as const

/**
 * Makes sure that something is a RuntimeSpec. What its role needs is for the role to check.
 *
 * @throws ERR_INVALID_OPTION, ERR_INVALID_UID
 */
export function parseSpec(given: unknown): RuntimeSpec {
  if (!isRecord(given)) throw invalidOption('spec', given, 'a RuntimeSpec')
  const role = ROLES.find((role) => role === given.role)
  if (role === undefined) throw invalidOption('spec.role', given.role, ROLES.join(', '))
  return {
    uid: checkUid(given.uid),
    role,
    monitor: parseMonitor(role, given.monitor),
    meshToken: parseToken(given.meshToken),
    comms: parseRecord('spec.comms', given.comms),
    roleOptions: parseRecord('spec.roleOptions', given.roleOptions),
    drain: parseDrain(given.drain),
    stallReports: parseFlag('spec.stallReports', given.stallReports),
    execArgv: parseExecArgv(given.execArgv),
  }
}

function parseMonitor(role: RuntimeSpec['role'], given: unknown): string | undefined {
  if (given === undefined && role === 'monitor') return undefined
  if (typeof given === 'string' && given !== '') return given
  throw invalidOption(
    'spec.monitor',
    given,
    'the address of the mesh’s monitor, such as tcp://127.0.0.1:3000',
  )
}

/** What is wrong with a token is said without showing it. */
function parseToken(given: unknown): string {
  if (typeof given === 'string' && given !== '') return given
  throw invalidOption(
    'spec.meshToken',
    typeof given === 'string' ? 'empty' : describe(typeof given),
    'a string',
  )
}

function parseRecord(option: string, given: unknown): Record<string, unknown> | undefined {
  if (given === undefined || isRecord(given)) return given
  throw invalidOption(option, given, 'an object of plain values')
}

function parseDrain(given: unknown): number | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'number' && given >= 0) return given
  throw invalidOption('spec.drain', given, 'milliseconds, 0 or more; Infinity for as long as it takes')
}

function parseFlag(option: string, given: unknown): boolean | undefined {
  if (given === undefined || typeof given === 'boolean') return given
  throw invalidOption(option, given, 'true or false')
}

function parseExecArgv(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (Array.isArray(given) && given.every((arg): arg is string => typeof arg === 'string')) return given
  throw invalidOption('spec.execArgv', given, "options for node, such as ['--import', 'tsx']")
}
