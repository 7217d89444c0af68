import { bySystem, contest, entriesOf, type Measurement, paceOf, rowOf } from '../contest.js'
import type { Load } from '../load.js'
import { seriesOf } from '../report/chart.js'
import { bytes, number, spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import { rawLaden, skeinLaden } from '../systems/laden.js'
import { raw } from '../systems/raw.js'
import { skein } from '../systems/skein.js'
import type { Lane, System } from '../systems/system.js'

const KIB = 1024
const MIB = 1024 ** 2

const SIZES = [KIB, 64 * KIB, MIB]

/** So large that what is kept of it counts. */
const LARGE = 64 * MIB

const SYSTEMS = [skein, raw]

/** What is collected of buffers costs them more, the more the process has besides: told of two sizes, over one lane. */
const LADEN = [skeinLaden, rawLaden]
const LADEN_SIZES = [64 * KIB, MIB]

const LANES: readonly Lane[] = ['tcp', 'ipc']

/** Buffers, echoed by Skein and by nothing but sockets in turn; also by processes that have much else in memory. */
export const payload: Suite = {
  name: 'payload',
  summary: 'buffers echoed, by Skein and by bare sockets in turn',
  systems: [...SYSTEMS, ...LADEN],
  columns: [
    words('system'),
    words('lane'),
    { title: 'buffer', cell: (row) => bytes(Number(row.payload)) },
    numbers('window'),
    numbers('calls/s', 'perSecond'),
    { title: 'spread', cell: (row) => spreadOf(row, 'perSecond') },
    numbers('MiB/s', 'mibPerSecond'),
    { title: 'peak', cell: (row) => peakOf(row) },
  ],

  async measure({ systems, quick, ...options }) {
    const chosen = (some: readonly System[]) => some.filter((one) => systems.includes(one))
    const { rounds, milliseconds, warmUp } = paceOf(quick)
    const echoOf = (payload: number): Load => ({ window: 8, milliseconds, payload, warmUp })
    const one: Load = { window: 1, milliseconds, payload: LARGE }
    const measured = await contest(entriesOf(chosen(SYSTEMS), SIZES.map(echoOf), LANES), rounds, options)
    // By processes of their own: what smaller buffers have left behind is not theirs.
    const large = await contest(entriesOf(chosen(SYSTEMS), [one], LANES), rounds, options)
    const laden = await contest(entriesOf(chosen(LADEN), LADEN_SIZES.map(echoOf), ['tcp']), rounds, options)
    const all = [measured, large, laden].flatMap(bySystem)
    return { rows: all.map(rowWithBytes), ratios: ratiosOf(all) }
  },

  chart(rows) {
    const names = SYSTEMS.map(({ name }) => name)
    const shown = rows.filter(({ system }) => names.includes(String(system)))
    const categories = [...SIZES, LARGE].map(bytes)
    const reading = {
      name: ({ system, lane }: Row) => `${system}, ${lane}`,
      category: ({ payload }: Row) => bytes(Number(payload)),
      value: 'mibPerSecond',
    }
    return {
      kind: 'line',
      x: { title: 'size of the buffer', categories },
      y: { title: 'MiB per second each way', log: true },
      panels: [{ title: '', series: seriesOf(shown, categories, reading) }],
    }
  },
}

/** With the bytes each way; of the large ones, with the memory that they took at most, beside that at rest. */
function rowWithBytes(measurement: Measurement): Row {
  const row = rowOf(measurement)
  const { payload = 0 } = measurement.load
  const mibPerSecond = rounded((Number(row.perSecond) * payload) / MIB)
  if (payload < LARGE) return { ...row, mibPerSecond }
  const { caller, server } = peaksOf(measurement)
  return { ...row, mibPerSecond, callerPeakMiB: rounded(caller / MIB), serverPeakMiB: rounded(server / MIB) }
}

/** Of the side that needs more, as a multiple of the buffer. */
function peakOf({ payload, callerPeakMiB, serverPeakMiB }: Row): string {
  if (callerPeakMiB === undefined || serverPeakMiB === undefined) return ''
  return `${number((Math.max(Number(callerPeakMiB), Number(serverPeakMiB)) * MIB) / Number(payload))} ×`
}

/** A process keeps its peak, so the last round has that of all. */
function peaksOf({ rounds }: Measurement): { caller: number; server: number } {
  const last = rounds.at(-1)
  return { caller: last?.callerPeak ?? Number.NaN, server: last?.serverPeak ?? Number.NaN }
}

/** Of Skein's rate over that of bare sockets, and of the memory of either over the large buffer. */
export function ratiosOf(all: readonly Measurement[]): Record<string, number> {
  return {
    ...ratesOver(all, skein, raw, ''),
    ...ratesOver(all, skeinLaden, rawLaden, ' laden'),
    ...peaksOver(all),
  }
}

/** @param how in what state both are, after the size in the ratio's name */
function ratesOver(
  all: readonly Measurement[],
  ours: System,
  theirs: System,
  how: string,
): Record<string, number> {
  const ratios: Record<string, number> = {}
  for (const { system, lane, load, rounds } of all) {
    if (system.name !== ours.name) continue
    const floor = all.find((one) => {
      return one.system.name === theirs.name && one.lane === lane && one.load.payload === load.payload
    })
    if (floor === undefined) continue
    ratios[`${lane} ${bytes(load.payload ?? 0)}${how} over ${theirs.name}`] = ratio(
      rounds.map(({ perSecond }) => perSecond),
      floor.rounds.map(({ perSecond }) => perSecond),
    )
  }
  return ratios
}

function peaksOver(all: readonly Measurement[]): Record<string, number> {
  const ratios: Record<string, number> = {}
  for (const measurement of all) {
    const { system, lane, load } = measurement
    if (load.payload !== LARGE) continue
    const { caller, server } = peaksOf(measurement)
    ratios[`${system.name} ${lane} 64 MiB caller's memory over payload`] = caller / LARGE
    ratios[`${system.name} ${lane} 64 MiB server's memory over payload`] = server / LARGE
  }
  return ratios
}
