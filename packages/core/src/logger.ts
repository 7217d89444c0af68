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

function line(level: string, facts: object, message: string): string {
  const shown = Object.entries(facts)
    .map(([key, value]) => ` ${key}=${value instanceof Error ? value.message : String(value)}`)
    .join('')
  return `skein ${level}: ${message}${shown}`
}
