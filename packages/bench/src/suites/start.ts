import { fileURLToPath } from 'node:url'
import { seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { inTurn, median, ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import { skein } from '../systems/skein.js'
import { timedRun } from '../timed-run.js'

const COMMAND = fileURLToPath(new URL('../bin/skein.js', import.meta.resolve('skein')))

const EMPTY = fileURLToPath(new URL('../../peers/empty.mjs', import.meta.url))

const RUNS: readonly { readonly command: string; readonly args: readonly string[] }[] = [
  { command: 'skein run', args: [COMMAND, 'run', EMPTY] },
  { command: 'node -e 0', args: ['-e', '0'] },
]

/** From the start of a program that does nothing to its end: the mesh of workers is made and ended in between. */
export const start: Suite = {
  name: 'start',
  summary: 'a program that does nothing, by `skein run` and by node in turn',
  systems: [skein],
  columns: [words('command'), numbers('ms', 'ms'), { title: 'spread', cell: (row) => spreadOf(row, 'ms') }],

  async measure({ quick, tell, signal }) {
    const tasks = RUNS.map(({ command, args }) => () => {
      tell(command)
      return timedRun(args, signal)
    })
    const times = await inTurn(tasks, quick ? 2 : 15)
    const [skeins = [], nodes = []] = times
    return {
      rows: RUNS.map(({ command }, i) => rowOf(command, times[i] ?? [])),
      ratios: { 'skein run over node': ratio(skeins, nodes) },
    }
  },

  chart(rows) {
    const categories = RUNS.map(({ command }) => command)
    const reading = {
      name: () => 'start to end',
      category: ({ command }: Row) => String(command),
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

function rowOf(command: string, times: readonly number[]): Row {
  return {
    system: command === 'skein run' ? 'skein' : 'node',
    command,
    ms: rounded(median(times)),
    low: rounded(Math.min(...times)),
    high: rounded(Math.max(...times)),
  }
}
