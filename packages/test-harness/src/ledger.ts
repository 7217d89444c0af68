import { HarnessError } from './errors.js'
import { childName, type Handles, openHandles } from './handles.js'
import { descendantsOf, isRunning, type RunningProcess } from './process-tree.js'
import { turns } from './turns.js'

/** What Node counts and gives no names: only those that keep the process alive. */
const COUNTED_RESOURCES = ['Timeout', 'MessagePort']

export interface LedgerOptions {
  /**
   * More to count, by name: `{ links: () => table.size }`. What is above its count at the beginning is open.
   * @default none
   */
  counters?: Readonly<Record<string, () => number>>
}

export interface SettleOptions {
  /**
   * Milliseconds that closing may take.
   * @default 20_000: sockets close in a few turns of the event loop, processes that were asked to stop in a second, unless the machine is busy.
   */
  timeout?: number
}

/** What this thread, and the processes below it, have opened since {@link openLedger}. */
export interface Ledger {
  /**
   * What has been opened since and is open still, one line each. Processes that were seen once are followed even when
   * they have lost their parent, so a look while everything runs makes the ledger surer.
   */
  open(): string[]
  /**
   * Resolves when nothing of it is open any more.
   * @throws HarnessError `ERR_LEFT_OPEN`, `left` being the list.
   */
  settle(options?: SettleOptions): Promise<void>
}

/**
 * Begins a ledger. What is open now is none of its business: jest has handles and timers too.
 *
 * Call it from the same kind of place as `settle`: jest's own timer runs during a hook or a test, and outside it
 * doesn't. Unreferenced timers can't be counted, and one of jest's that runs at the beginning alone can hide one of
 * the test's: a counter (`TurnedClock.pending`) is surer. Processes are found on Linux only, elsewhere just children.
 */
export function openLedger({ counters = {} }: LedgerOptions = {}): Ledger {
  const processes = new Map<string, RunningProcess>()
  const look = () => lookAround(processes)
  const before = look()
  const countsBefore = readCounts(counters)

  const open = () => {
    const lines = [...look()].flatMap(([name, line]) => (before.has(name) ? [] : [line]))
    for (const [name, count] of readCounts(counters)) {
      const first = countsBefore.get(name) ?? 0
      if (count > first) lines.push(`${count - first} × ${name} (${first} at the beginning)`)
    }
    return lines.sort()
  }

  return {
    open,
    async settle({ timeout = 20_000 } = {}) {
      let left: string[] = []
      for await (const _ of turns(timeout)) {
        left = open()
        if (left.length === 0) return
      }
      const list = left.map((line) => `\n  - ${line}`).join('')
      throw new HarnessError('ERR_LEFT_OPEN', `left open after ${timeout} ms:${list}`, {
        timeoutMs: timeout,
        left,
      })
    },
  }
}

/** Everything that is open; `seen` remembers the processes from one look to the next. */
function lookAround(seen: Map<string, RunningProcess>): Handles {
  const handles = openHandles()
  for (const running of descendantsOf(process.pid)) seen.set(`${running.pid} ${running.started}`, running)
  for (const [key, running] of seen) {
    const { pid, parent, command } = running
    if (isRunning(running)) handles.set(childName(pid), `process ${pid}, child of ${parent}: ${command}`)
    else seen.delete(key)
  }
  return handles
}

function readCounts(counters: Readonly<Record<string, () => number>>): Map<string, number> {
  const resources = process.getActiveResourcesInfo()
  const counts = new Map(
    COUNTED_RESOURCES.map((type) => [type, resources.filter((resource) => resource === type).length]),
  )
  for (const [name, count] of Object.entries(counters)) counts.set(name, count())
  return counts
}
