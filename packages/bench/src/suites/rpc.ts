import { bySystem, contest, entriesOf, loadOf, type Measurement, paceOf, rowOf } from '../contest.js'
import { seriesOf } from '../report/chart.js'
import { ratio } from '../rounds.js'
import type { Suite } from '../suite.js'
import { peers } from '../systems/systems.js'
import { columnsOf } from './calls.js'

const WINDOWS = [1, 8, 64, 256]

/** A small object, echoed by everybody in turn. */
export const rpc: Suite = {
  name: 'rpc',
  summary: 'a small object echoed, by Skein and by others in turn',
  systems: peers,
  columns: columnsOf('calls/s'),

  async measure({ systems, quick, ...options }) {
    const here = peers.filter((one) => systems.includes(one))
    const pace = paceOf(quick)
    // All windows are for the same processes. Where no round is short, each is enough: the longest is that of single calls.
    const warmUp = quick ? pace.warmUp / WINDOWS.length : undefined
    const loads = WINDOWS.map((window) => ({ ...loadOf(window, pace), warmUp }))
    const measured = bySystem(await contest(entriesOf(here, loads), pace.rounds, options))
    return { rows: measured.map(rowOf), ratios: ratiosOf(measured) }
  },

  chart(rows) {
    const categories = WINDOWS.map(String)
    const panels = [...new Set(rows.map(({ lane }) => String(lane)))].map((lane) => ({
      title: lane,
      series: seriesOf(
        rows.filter((row) => row.lane === lane),
        categories,
        {
          name: ({ system }) => String(system),
          category: ({ window }) => String(window),
          value: 'perSecond',
        },
      ),
    }))
    return {
      kind: 'line',
      x: { title: 'calls under way at a time', categories },
      y: { title: 'calls per second', log: true },
      panels,
    }
  },
}

/** Of Skein over each other, round by round. One that has no such lane is compared over that which it has. */
export function ratiosOf(all: readonly Measurement[]): Record<string, number> {
  const ratios: Record<string, number> = {}
  for (const ours of all.filter(({ system }) => system.name === 'skein')) {
    for (const theirs of all) {
      const { system, lane } = theirs
      if (system.name === 'skein' || theirs.load.window !== ours.load.window) continue
      if (lane !== ours.lane && system.lanes.includes(ours.lane)) continue
      const name = `${ours.lane} w${ours.load.window}`
      ratios[`${name} over ${system.name}`] = ratio(rates(ours), rates(theirs))
      if (ours.load.window === 1) ratios[`${name} p50 over ${system.name}`] = ratio(p50s(ours), p50s(theirs))
    }
  }
  return ratios
}

function rates({ rounds }: Measurement): number[] {
  return rounds.map(({ perSecond }) => perSecond)
}

function p50s({ rounds }: Measurement): number[] {
  return rounds.map(({ p50us = Number.NaN }) => p50us)
}
