import { isRecord } from '@skein/core/internal'
import type { RuntimeStats } from '@skein/runtime'
import type { Progress } from '@skein/runtime/internal'

/** What a runtime of each role tells whoever started it; arrives as `LaunchEvents.report`. */
export type RoleReport =
  /** Of a monitor: where it can be dialled. */
  | { readonly kind: 'listening'; readonly address: string }
  /** Of a node: a line that one of its workers printed. */
  | {
      readonly kind: 'line'
      readonly uid: string
      readonly stream: 'stdout' | 'stderr'
      readonly text: string
    }
  /** Of a node: it has started a worker, whose process is this; a thread has none. */
  | { readonly kind: 'started'; readonly uid: string; readonly pid: number | undefined }
  /** Of a node: one of its workers has ended. */
  | {
      readonly kind: 'ended'
      readonly uid: string
      readonly code: number | null
      readonly signal: string | null
    }
  /** Of any, and of a node for its workers: it has closed in order, and this is what it did. */
  | ({ readonly kind: 'closed'; readonly uid: string } & RuntimeStats)
  /** Of a head: how far its program has got. */
  | ({ readonly kind: 'progress' } & Progress)
  /** Of a head: its program has ended, and the exit status is this. */
  | { readonly kind: 'done'; readonly status: number }

/** Undefined for what is none: a worker's code may report as well. */
export function parseRoleReport(given: unknown): RoleReport | undefined {
  if (!isRecord(given)) return undefined
  const { kind, address, uid, pid, stream, text, code, signal, done, total, status, ...rest } = given
  switch (kind) {
    case 'listening':
      return typeof address === 'string' ? { kind, address } : undefined
    case 'line':
      if (typeof uid !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return undefined
      return typeof text === 'string' ? { kind, uid, stream, text } : undefined
    case 'started':
      if (typeof uid !== 'string') return undefined
      return { kind, uid, pid: typeof pid === 'number' ? pid : undefined }
    case 'ended':
      if (typeof uid !== 'string' || !(typeof code === 'number' || code === null)) return undefined
      return typeof signal === 'string' || signal === null ? { kind, uid, code, signal } : undefined
    case 'closed': {
      const { served, errors, busiest } = rest
      if (typeof uid !== 'string' || typeof served !== 'number') return undefined
      if (typeof errors !== 'number' || typeof busiest !== 'number') return undefined
      return { kind, uid, served, errors, busiest }
    }
    case 'progress':
      if (typeof done !== 'number' || typeof total !== 'number') return undefined
      return { kind, done, total, text: typeof text === 'string' ? text : undefined }
    case 'done':
      return typeof status === 'number' ? { kind, status } : undefined
  }
}
