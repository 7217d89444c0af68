/** What was measured in one way, by the names of the measures. Units are in the names. */
export type Row = Readonly<Record<string, string | number>>

export interface Measured {
  readonly rows: readonly Row[]
  /** What can be compared between machines. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface SuiteOptions {
  /** Whether to take less time, and be less exact. */
  readonly quick: boolean
  /** Says what is being done, for whoever waits. */
  readonly tell: (text: string) => void
}

export interface Suite {
  readonly name: string
  /** One line, for help. */
  readonly summary: string
  measure(options: SuiteOptions): Promise<Measured>
}
