/** What was measured in one way, by the names of the measures. Units are in the names. */
export type Row = Readonly<Record<string, string | number>>

/** A row that another process has printed. @throws TypeError if it is none */
export function parseRow(json: string): Row {
  const given: unknown = JSON.parse(json)
  if (isRow(given)) return given
  throw new TypeError(`no row of measures: ${json}`)
}

function isRow(given: unknown): given is Row {
  const isMeasure = (value: unknown) => typeof value === 'string' || typeof value === 'number'
  return typeof given === 'object' && given !== null && Object.values(given).every(isMeasure)
}

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
