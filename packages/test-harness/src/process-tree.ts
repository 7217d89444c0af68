import { readdirSync, readFileSync } from 'node:fs'

export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  /** Clock ticks from the machine's start to the process's: with the pid it names a process for ever. */
  readonly started: string
  /** The command line; in brackets the bare name where the system doesn't tell. */
  readonly command: string
}

/**
 * The living children of `pid`, their children, and so on. A process that has ended and waits to be collected is not
 * among them, and neither is one whose parent has ended: the system gives that to another.
 *
 * Reads `/proc`: where that is missing, outside Linux, there are none.
 */
export function descendantsOf(pid: number): RunningProcess[] {
  const children = new Map<number, ProcessStat[]>()
  for (const stat of allProcesses()) {
    const siblings = children.get(stat.parent)
    if (siblings === undefined) children.set(stat.parent, [stat])
    else siblings.push(stat)
  }
  const found: RunningProcess[] = []
  const add = (parent: number) => {
    for (const stat of children.get(parent) ?? []) {
      if (stat.state !== 'Z') found.push({ ...stat, command: commandOf(stat) })
      add(stat.pid)
    }
  }
  add(pid)
  return found
}

export function isRunning({ pid, started }: RunningProcess): boolean {
  const stat = readStat(String(pid))
  return stat !== undefined && stat.started === started && stat.state !== 'Z'
}

interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly started: string
  readonly name: string
  /** One letter; `Z` has ended and waits to be collected. */
  readonly state: string
}

function allProcesses(): ProcessStat[] {
  const entries = attempt(() => readdirSync('/proc')) ?? []
  return entries.flatMap((entry) => (/^\d+$/.test(entry) ? (readStat(entry) ?? []) : []))
}

/** proc(5): `pid (name) state ppid …`, the start in field 22. The name may hold blanks and parentheses itself. */
function readStat(pid: string): ProcessStat | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (text === undefined) return undefined
  const nameEnd = text.lastIndexOf(')')
  const [state = '', parent, ...rest] = text.slice(nameEnd + 2).split(' ')
  return {
    pid: Number(pid),
    parent: Number(parent),
    started: rest[17] ?? '',
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state,
  }
}

function commandOf({ pid, name }: ProcessStat): string {
  const line = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''
  return line.split('\0').join(' ').trim() || `[${name}]`
}

/** Undefined where reading fails: a process may end between two looks at it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
