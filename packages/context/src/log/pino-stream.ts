import { type CallSite, readFrame } from './call-site.js'
import { levelOfNumber } from './levels.js'
import type { PubHandler } from './pub-handler.js'

/** What pino takes as its second argument. */
export interface PinoDestination {
  write(line: string): void
}

/**
 * Publishes what pino writes: `pino(pinoStream(handler))`. Level, time and message come from the record; the topic from
 * the text (`motor->it is hot`) or a field `topic`; the place from fields `file` and `line`, or from `caller`, as pino-caller
 * adds it.
 *
 * It runs in the thread that logs, and is no transport in pino's sense: pino runs those in a thread of their own, which it
 * terminates, and a thread with a ZeroMQ socket that is terminated takes the process along.
 */
export function pinoStream(handler: PubHandler): PinoDestination {
  return {
    write(line) {
      const { level, time, msg, topic, ...rest } = parse(line)
      if (typeof level !== 'number' && typeof level !== 'string') return
      handler.handle({
        level: levelOfNumber(typeof level === 'number' ? level : numberOf(level)),
        text: typeof msg === 'string' ? msg : '',
        topic: typeof topic === 'string' ? topic : undefined,
        time: timeOf(time),
        ...placeOf(rest),
      })
    },
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(line)
    return typeof record === 'object' && record !== null ? { ...record } : {}
  } catch {
    return {}
  }
}

/** Where pino was told to write levels by their names. */
function numberOf(label: string): number {
  return 10 * (['trace', 'debug', 'info', 'warn', 'error', 'fatal'].indexOf(label.toLowerCase()) + 1 || 3)
}

function timeOf(given: unknown): Date {
  const time = typeof given === 'number' || typeof given === 'string' ? new Date(given) : new Date()
  return Number.isNaN(time.getTime()) ? new Date() : time
}

function placeOf({ file, line, caller }: Record<string, unknown>): Partial<CallSite> {
  if (typeof file === 'string' && typeof line === 'number') return { file, line }
  return (typeof caller === 'string' && readFrame(caller)) || {}
}
