import { isRecord } from './spec.js'

/** What a started runtime says to whoever started it, apart from what it prints. */
export type FromRuntime = { readonly kind: 'ready' } | { readonly kind: 'report'; readonly report: unknown }

/** What whoever started a runtime says to it. */
export interface ToRuntime {
  /** `stop` asks it to end in order; `drop`, to close its sockets at once, which looks like a crash to its peers. */
  readonly kind: 'stop' | 'drop'
  /** Milliseconds that what runs may take to end. */
  readonly drain?: number | undefined
}

/** Undefined for what is no message of ours. */
export function parseFromRuntime(given: unknown): FromRuntime | undefined {
  if (!isRecord(given)) return undefined
  if (given.kind === 'ready') return { kind: 'ready' }
  return given.kind === 'report' ? { kind: 'report', report: given.report } : undefined
}

export function parseToRuntime(given: unknown): ToRuntime | undefined {
  if (!isRecord(given)) return undefined
  const { kind, drain } = given
  if (kind !== 'stop' && kind !== 'drop') return undefined
  return { kind, drain: typeof drain === 'number' ? drain : undefined }
}
