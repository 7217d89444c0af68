import { contest, entriesOf, type Measurement, paceOf, rowOf } from '../contest.js'
import type { Load } from '../load.js'
import { seriesOf } from '../report/chart.js'
import { bytes, number, spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import { raw } from '../systems/raw.js'
import { skein } from '../systems/skein.js'
import type { Lane } from '../systems/system.js'

const KIB = 1024
const MIB = 1024 ** 2

const SIZES = [KIB, 64 * KIB, MIB]

/** So large that what is kept of it counts. */
const LARGE = 64 * MIB

/** Until V8 has compiled what it does for each size, which takes longer than a round, in milliseconds. */
const WARM_UP = 4000

const SYSTEMS = [skein, raw]

const LANES: readonly Lane[] = ['tcp', 'ipc']

/** Buffers, echoed by Skein and by nothing but sockets in turn. */
export const payload: Suite = {
  name: 'payload',
  summary: 'buffers echoed, by Skein and by bare sockets in turn',
  systems: SYSTEMS,
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
    const here = SYSTEMS.filter((one) => systems.includes(one))
    const { rounds, milliseconds } = paceOf(quick)
    const warmUp = quick ? undefined : WARM_UP
    const many: Load[] = SIZES.map((payload) => ({ window: 8, milliseconds, payload, warmUp }))
    const one: Load = { window: 1, milliseconds, payload: LARGE }
    const measured = await contest(entriesOf(here, many, LANES), rounds, options)
    // By processes of their own: what smaller buffers have left behind is not theirs.
    const large = await contest(entriesOf(here, [one], LANES), rounds, options)
    return { rows: [...measured, ...large].map(rowWithBytes), ratios: ratiosOf([...measured, ...large]) }
  },

  chart(rows) {
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
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
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
  const ratios: Record<string, number> = {}
  for (const { system, lane, load, rounds } of all) {
    if (system.name !== 'skein') continue
    const floor = all.find((one) => {
      return one.system.name === 'raw' && one.lane === lane && one.load.payload === load.payload
    })
    if (floor === undefined) continue
    ratios[`${lane} ${bytes(load.payload ?? 0)} over raw`] = ratio(
      rounds.map(({ perSecond }) => perSecond),
      floor.rounds.map(({ perSecond }) => perSecond),
    )
  }
  for (const measurement of all) {
    const { system, lane, load } = measurement
    if (load.payload !== LARGE) continue
    const { caller, server } = peaksOf(measurement)
    ratios[`${system.name} ${lane} 64 MiB caller's memory over payload`] = caller / LARGE
    ratios[`${system.name} ${lane} 64 MiB server's memory over payload`] = server / LARGE
  }
  return ratios
}
