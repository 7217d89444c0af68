import { invalidOption } from '@skein/core/internal'

/** As pino has them. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What they are called in topics: as in Python's `logging`, whose handlers publish the same way. */
const NAMES: Record<LogLevel, string> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

const LEVELS = new Map<string, LogLevel>([
  ...LOG_LEVELS.map((level) => [NAMES[level], level] as const),
  ...LOG_LEVELS.map((level) => [level.toUpperCase(), level] as const),
])

export function nameOfLevel(level: LogLevel): string {
  return NAMES[level]
}

/** Of a name in a topic: Python's and pino's alike. */
export function levelOfName(name: string): LogLevel | undefined {
  return LEVELS.get(name)
}

/** Of pino's numbers: 30 is info, and so is whatever lies between it and 40. */
export function levelOfNumber(number: number): LogLevel {
  const index = Math.floor(number / 10) - 1
  return LOG_LEVELS[Math.min(Math.max(index, 0), LOG_LEVELS.length - 1)] ?? 'info'
}

/** @throws ERR_INVALID_OPTION */
export function checkLevel(option: string, given: unknown): LogLevel {
  if (isLogLevel(given)) return given
  throw invalidOption(option, given, LOG_LEVELS.join(', '))
}

function isLogLevel(given: unknown): given is LogLevel {
  return LOG_LEVELS.some((level) => level === given)
}
