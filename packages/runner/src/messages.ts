import { isRecord } from '@skein/core/internal'
import { parseToldError, type ToldError } from './told-error.js'

/** What a job says to whoever started it, apart from what it prints. */
export type FromJob =
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'report'; readonly report: unknown }
  /** It ends before it is ready, because of this. */
  | { readonly kind: 'failed'; readonly error: ToldError }

/** What whoever started a job says to it. */
export type ToJob =
  /** It is to end in order; what runs may take so many milliseconds. */
  | { readonly kind: 'stop'; readonly drain: number | undefined }
  /** It is to close its sockets at once, which looks like a crash to its peers. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'message'; readonly message: unknown }

/** Undefined for what is no message of ours. */
export function parseFromJob(given: unknown): FromJob | undefined {
  if (!isRecord(given)) return undefined
  switch (given.kind) {
    case 'ready':
      return { kind: 'ready', value: given.value }
    case 'report':
      return { kind: 'report', report: given.report }
    case 'failed': {
      const error = parseToldError(given.error)
      return error && { kind: 'failed', error }
    }
  }
  return undefined
}

export function parseToJob(given: unknown): ToJob | undefined {
  if (!isRecord(given)) return undefined
  switch (given.kind) {
    case 'stop':
      return { kind: 'stop', drain: typeof given.drain === 'number' ? given.drain : undefined }
    case 'drop':
      return { kind: 'drop' }
    case 'message':
      return { kind: 'message', message: given.message }
  }
  return undefined
}
