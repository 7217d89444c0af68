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
  /** Streams that were read, or begun to be, and items that arrived in them. */
  streams: number
  streamItems: number
  /** Items that are missing before others that arrived, or before the end. */
  streamItemsLost: number
  streamItemsDoubled: number
  /** Items that arrived after a later one. */
  streamItemsReordered: number
  streamItemsAfterEnd: number
  /** Errors of producers that arrived before all of the items that were produced before. */
  streamErrorsEarly: number
  /** Streams that never ended, for readers that lived. */
  streamsUnended: number
  /** Streams that ended otherwise than they were to, although nothing had happened that ends one. */
  streamsBroken: number
  /** Generators, at members that lived, whose `finally` never ran. */
  generatorsUnfinished: number
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
  'streamItemsLost',
  'streamItemsDoubled',
  'streamItemsReordered',
  'streamItemsAfterEnd',
  'streamErrorsEarly',
  'streamsUnended',
  'streamsBroken',
  'generatorsUnfinished',
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

export function emptyFindings(): Findings {
  return {
    requests: 0,
    settled: 0,
    unsettled: 0,
    executedTwice: 0,
    noButExecuted: 0,
    reordered: 0,
    lostOneWay: 0,
    doubledOneWay: 0,
    corrupted: 0,
    unasked: 0,
    streams: 0,
    streamItems: 0,
    streamItemsLost: 0,
    streamItemsDoubled: 0,
    streamItemsReordered: 0,
    streamItemsAfterEnd: 0,
    streamErrorsEarly: 0,
    streamsUnended: 0,
    streamsBroken: 0,
    generatorsUnfinished: 0,
    resultsFromLivingPeers: 1,
    byOutcome: {},
  }
}
