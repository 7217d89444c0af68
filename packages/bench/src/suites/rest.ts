import { fileURLToPath } from 'node:url'
import { runNode } from '@skein/test-harness'
import { parseRow, type Row, type Suite } from '../suite.js'

const PROCESS = fileURLToPath(new URL('../../bin/rest-process.mjs', import.meta.url))

/** Lanes that runtimes in one process may use. */
const LANES = ['inproc,ipc,tcp', 'ipc', 'tcp']

/** 200 runtimes in one process, each linked to the monitor, and 200 pairs linked besides: what it costs to watch over them. */
export const rest: Suite = {
  name: 'rest',
  summary: '201 runtimes and some 400 links in one process, with nothing to do',

  async measure({ quick, tell }) {
    const rows: Row[] = []
    for (const lanes of LANES) {
      tell(`rest, ${lanes}`)
      const { status, stdout, stderr } = await runNode(PROCESS, [lanes, quick ? '10' : '60'])
      if (status !== 0) throw new Error(`the process with 200 runtimes ended with ${status}: ${stderr}`)
      rows.push(parseRow(stdout))
    }
    const ratios = rows.map((row) => [`${row.lanes} at rest, of one core`, Number(row.corePercent) / 100])
    return { rows, ratios: Object.fromEntries(ratios) }
  },
}
