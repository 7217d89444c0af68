import type { AuditRecord } from './record.js'

/** What one member wrote down. */
export interface MemberLog {
  readonly member: number
  /** Whether it was there to the end. */
  readonly lived: boolean
  readonly records: readonly AuditRecord[]
}
