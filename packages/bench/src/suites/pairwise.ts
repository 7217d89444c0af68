import { contest, type Measurement, rowOf } from '../contest.js'
import type { Load } from '../load.js'
import { ratio } from '../rounds.js'
import type { Measured, SuiteOptions } from '../suite.js'
import type { Lane, System } from '../systems/system.js'

/** A way that is compared with another, over the same lanes. */
export interface Comparison {
  readonly ours: System
  readonly theirs: System
  readonly lanes: readonly Lane[]
  /** What either is to do; of each pair the ratio is called `<lane> <name> over <other>`. */
  readonly loads: readonly { readonly name: string; readonly ours: Load; readonly theirs: Load }[]
  readonly other: string
}

/** Lets two ways take turns, and compares their rates. */
export async function compared(
  { ours, theirs, lanes, loads, other }: Comparison,
  rounds: number,
  options: SuiteOptions,
): Promise<Measured> {
  const pairs = lanes.flatMap((lane) => loads.map((load) => ({ lane, load })))
  const entries = pairs.flatMap(({ lane, load }) => [
    { system: ours, lane, load: load.ours },
    { system: theirs, lane, load: load.theirs },
  ])
  const measured = await contest(entries, rounds, options)
  const ratios = pairs.map(({ lane, load }, i) => [
    `${lane} ${load.name} over ${other}`,
    ratio(ratesOf(measured[2 * i]), ratesOf(measured[2 * i + 1])),
  ])
  return { rows: measured.map(rowOf), ratios: Object.fromEntries(ratios) }
}

export function ratesOf(measurement: Measurement | undefined): number[] {
  return (measurement?.rounds ?? []).map(({ perSecond }) => perSecond)
}
