import type { Outcome } from './record.js'

/** What an audit found. */
export interface Findings {
  /** All that were sent, by whoever. */
  requests: number
  settled: number
  /** Of callers that lived to the end. */
  unsettled: number
  /** Requests that expect an answer and started more than once. */
  executedTwice: number
  /** Requests that ran, although their caller was told that they had not. */
  noButExecuted: number
  /** Requests that started after a later one of the same caller at the same receiver. */
  reordered: number
  /** One-way messages between two that lived, which never arrived although their session went on. */
  lostOneWay: number
  doubledOneWay: number
  /** Requests whose payload, or whose answer, was another's or damaged. */
  corrupted: number
  /** Requests that started and that nobody had sent: from a caller that lived. */
  unasked: number
  /**
   * The share of results among the requests between members that lived, those left out that have no answer, or that the
   * caller gave up or gave a deadline.
   */
  resultsFromLivingPeers: number
  /** How many ended how; `no` and `maybe` say whether they can have run. */
  byOutcome: Record<string, number>
}

/** What must be zero, or the audit has failed. */
export const VIOLATIONS = [
  'unsettled',
  'executedTwice',
  'noButExecuted',
  'reordered',
  'lostOneWay',
  'doubledOneWay',
  'corrupted',
  'unasked',
] as const satisfies readonly (keyof Findings)[]

/** One request that should not have fared as it did. */
export interface Suspect {
  readonly violation: (typeof VIOLATIONS)[number]
  readonly caller: number
  readonly receiver: number
  /** Its number at its caller. */
  readonly seq: number
  /** Its place in the list of operations. */
  readonly operation: number
  readonly outcome: string
  readonly executions: number
}

export function isClean(findings: Findings): boolean {
  return VIOLATIONS.every((name) => findings[name] === 0)
}

/** Outcomes by which a caller has decided the fate of its request itself. */
export const OWN_DOING: ReadonlySet<Outcome> = new Set(['ERR_CANCELLED', 'ERR_TIMEOUT'])
