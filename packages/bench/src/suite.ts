import type { Chart } from './report/chart.js'
import type { Column } from './report/table.js'
import type { Row } from './row.js'
import type { Described } from './systems/system.js'

export interface Measured {
  readonly rows: readonly Row[]
  /** What can be compared between machines: `<what> over <what else>`. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface SuiteOptions {
  /** Of the suite's, those that are installed. */
  readonly systems: readonly Described[]
  /** Whether to take less time, and be less exact. */
  readonly quick: boolean
  /** Says what is being done, for whoever waits. */
  readonly tell: (text: string) => void
  /** Aborted if all is to end. */
  readonly signal: AbortSignal
}

export interface Suite {
  readonly name: string
  /** One line, for help. */
  readonly summary: string
  /** All that it measures if they are installed. */
  readonly systems: readonly Described[]
  /** Of the table for people. */
  readonly columns: readonly Column[]
  /** @throws Error with the name of the system that failed; nothing is left running then */
  measure(options: SuiteOptions): Promise<Measured>
  chart(rows: readonly Row[]): Chart
}
