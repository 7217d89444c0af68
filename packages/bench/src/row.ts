/** What was measured in one way, by the names of the measures. Units are in the names. */
export type Row = Readonly<Record<string, string | number>>

/** To the four digits that may mean something. */
export function rounded(measure: number): number {
  return Number(measure.toPrecision(4))
}
