import { SkeinError } from '@skein/core'
import { isRecord } from '@skein/core/internal'
import type { Endpoints, RunningRelay } from './open-relay.js'
import type { RelayStatistics, Traffic } from './relay.js'

/** What whoever started a relay in the background asks of it, by a number that the answer bears. */
export interface Question {
  readonly id: number
  readonly what: 'pause' | 'resume' | 'statistics'
}

/** What a relay in the background says once it runs. */
export type Told =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** It has ended by itself, because of this. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It has stopped, and this has passed. */
  | { readonly kind: 'stopped'; readonly statistics: RelayStatistics }

/** Does what is asked, and answers. One that has ended by then answers nothing: its end is the answer. */
export async function answerTo(
  given: unknown,
  relay: RunningRelay,
  answer: (answer: Told) => void,
): Promise<void> {
  const { id, what } = isRecord(given) ? given : {}
  if (typeof id !== 'number') return
  try {
    if (what === 'pause') await relay.pause()
    if (what === 'resume') await relay.resume()
  } catch (error) {
    if (error instanceof SkeinError && error.code === 'ERR_CLOSED') return
    throw error
  }
  answer({ kind: 'answer', id, value: what === 'statistics' ? await relay.statistics() : null })
}

export function parseTold(given: unknown): Told | undefined {
  if (!isRecord(given)) return undefined
  const { kind, id, value, message, statistics } = given
  if (kind === 'stopped') return { kind, statistics: parseStatistics(statistics) }
  if (kind === 'answer' && typeof id === 'number') return { kind, id, value }
  return kind === 'failed' && typeof message === 'string' ? { kind, message } : undefined
}

/** @throws TypeError */
export function parseEndpoints(given: unknown): Endpoints {
  const { in: input, out, monitor, control } = isRecord(given) ? given : {}
  return { in: texts(input), out: texts(out), monitor: texts(monitor), control: texts(control) }
}

/** @throws TypeError */
export function parseStatistics(given: unknown): RelayStatistics {
  const { in: input, out, unmonitored } = isRecord(given) ? given : {}
  return { in: side(input), out: side(out), unmonitored: count(unmonitored) }
}

function side(given: unknown): RelayStatistics['in'] {
  const { received, sent } = isRecord(given) ? given : {}
  return { received: traffic(received), sent: traffic(sent) }
}

function traffic(given: unknown): Traffic {
  const { messages, bytes } = isRecord(given) ? given : {}
  return { messages: count(messages), bytes: count(bytes) }
}

function count(given: unknown): number {
  if (typeof given !== 'number') throw new TypeError('a relay counts in numbers')
  return given
}

function texts(given: unknown): readonly string[] {
  if (!Array.isArray(given) || !given.every((it): it is string => typeof it === 'string'))
    throw new TypeError('a relay says where it is bound in texts')
  return given
}
