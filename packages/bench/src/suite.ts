import type { Chart } from './report/chart.js'
import type { Column } from './report/table.js'
import type { Row } from './row.js'
import type { Described } from './systems/system.js'

export interface Measured {
  readonly rows: readonly Row[]
  /** What can be compared between machines: `<what> over <what else>`. */
  readonly ratios: Readonly<Record<string, number>>
}

/** Says what is being done, for whoever waits: the stage that has been reached, and the step of it where there are many. */
export type Tell = (stage: string, step?: string) => void

export interface SuiteOptions {
  /** Of the suite's, those that are installed. */
  readonly systems: readonly Described[]
  /** Whether to show that it runs, rather than to measure: its ratios are rough. */
  readonly quick: boolean
  readonly tell: Tell
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
