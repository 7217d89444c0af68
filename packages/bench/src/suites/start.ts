import { fileURLToPath } from 'node:url'
import { seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { inTurn, median, ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'
import { timedRun } from '../timed-run.js'

const COMMAND = fileURLToPath(new URL('../bin/skein.js', import.meta.resolve('skein')))

const EMPTY = fileURLToPath(new URL('../../peers/empty.mjs', import.meta.url))

const run: Described = {
  name: 'skein run',
  packages: ['skein'],
  programs: [],
  settings: 'a program that does nothing, defaults: a worker for each core',
}

/** The floor. Its version is that of the machine's Node. */
const node: Described = { name: 'node -e 0', packages: [], programs: [], settings: 'nothing' }

const RUNS: readonly { readonly system: Described; readonly args: readonly string[] }[] = [
  { system: run, args: [COMMAND, 'run', EMPTY] },
  { system: node, args: ['-e', '0'] },
]

/** From the start of a program that does nothing to its end: the mesh of workers is made and ended in between. */
export const start: Suite = {
  name: 'start',
  summary: 'a program that does nothing, by `skein run` and by node in turn',
  systems: [run, node],
  columns: [
    words('command', 'system'),
    numbers('ms', 'ms'),
    { title: 'spread', cell: (row) => spreadOf(row, 'ms') },
  ],

  async measure({ quick, tell, signal }) {
    const tasks = RUNS.map(({ system, args }) => (round: string) => {
      tell(round, system.name)
      return timedRun(args, signal)
    })
    // Nothing of a process is warm in the next but the machine's cache of files: a quick run does without.
    const times = await inTurn(tasks, quick ? 1 : 15, { isWarm: quick })
    const [skeins = [], nodes = []] = times
    return {
      rows: RUNS.map(({ system }, i) => rowOf(system.name, times[i] ?? [])),
      ratios: { 'skein run over node': ratio(skeins, nodes) },
    }
  },

  chart(rows) {
    const categories = RUNS.map(({ system }) => system.name)
    const reading = {
      name: () => 'start to end',
      category: ({ system }: Row) => String(system),
      value: 'ms',
    }
    return {
      kind: 'bar',
      x: { title: 'command', categories },
      y: { title: 'milliseconds from start to end', log: false },
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
    }
  },
}

function rowOf(system: string, times: readonly number[]): Row {
  return {
    system,
    ms: rounded(median(times)),
    // One run has no spread.
    ...(times.length > 1 && { low: rounded(Math.min(...times)), high: rounded(Math.max(...times)) }),
  }
}
