import { byNumber, type Ending } from '@skein/runtime/internal'
import Table from 'cli-table3'
import type { ProgramSummary, RuntimeSummary } from '../program/summary.js'
import type { Paint } from './paint.js'

/** How a runtime ended before its time, by uid. */
export type Endings = ReadonlyMap<string, Ending>

const HEAD = ['runtime', 'state', 'calls served', 'errors', 'busiest (ms)']
const UNKNOWN = '–'
const PLAIN = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
}

/** Who took part in a run, and what each did. */
export function closingTable(summary: ProgramSummary, endings: Endings, paint: Paint): string {
  const table = new Table({
    head: HEAD.map((name) => paint('bold', name)),
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  const inOrder = [...summary].sort((a, b) => byNumber(a.uid, b.uid))
  for (const runtime of inOrder) table.push(row(runtime, endings.get(runtime.uid), paint))
  return table.toString()
}

/** `SIGKILL`, or `exit code 1`. */
export function wayOf({ code, signal }: Ending): string {
  return signal ?? `exit code ${code}`
}

function row({ uid, state, stats }: RuntimeSummary, ending: Ending | undefined, paint: Paint): string[] {
  const shown = ending === undefined ? state : `${ending.code === 0 ? 'ended' : state} (${wayOf(ending)})`
  const isWell = ending === undefined && (state === 'alive' || state === 'left')
  const { served, errors, busiest } = stats ?? {}
  return [
    uid,
    isWell ? shown : paint('red', shown),
    text(served),
    errors ? paint('red', text(errors)) : text(errors),
    text(busiest === undefined ? undefined : Math.round(busiest)),
  ]
}

function text(count: number | undefined): string {
  return count === undefined ? UNKNOWN : String(count)
}
