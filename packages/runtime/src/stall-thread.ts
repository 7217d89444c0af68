// The thread behind stall-watch.ts.
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { stackOfMainThread } from './main-thread-stack.js'
import { type FromStallThread, STUCK_LOOKS, type StallPlace, type StallThreadData } from './stall-messages.js'

const STANDARD_ERROR = 2

const { uid, ticks, stuckAfter, canInspect } = workerData as StallThreadData
const interval = stuckAfter / STUCK_LOOKS

let seen = Atomics.load(ticks, 0)
/** When the loop last turned, as far as we saw. */
let turned = performance.now()
let looked = turned
let stack: readonly StallPlace[] | undefined

setInterval(() => {
  const now = performance.now()
  // Time in which we didn't run ourselves proves nothing: the whole process may have been stopped.
  const lost = Math.max(0, now - looked - 2 * interval)
  looked = now
  turned += lost
  const ticked = Atomics.load(ticks, 0)
  if (ticked !== seen) {
    if (stack !== undefined) tell({ kind: 'stall', ms: Math.round(now - turned), stack })
    stack = undefined
    seen = ticked
    turned = now
  } else if (stack === undefined && now - turned >= stuckAfter) {
    stack = []
    void locate(Math.round(now - turned))
  }
}, interval)
tell({ kind: 'ready' })

async function locate(ms: number): Promise<void> {
  const found = canInspect ? await stackOfMainThread(stuckAfter).catch(() => []) : []
  // It turns again, and the stack is of something else.
  if (stack === undefined) return
  stack = found
  warn(`skein warning: the event loop is stuck for ${ms} ms uid=${uid}${where(found)}\n`)
}

function warn(line: string): void {
  try {
    // Past the main thread, which everything else on standard error goes through.
    writeSync(STANDARD_ERROR, line)
  } catch {
    // Nobody reads it, or not fast enough: the stall is told all the same when it is over.
  }
}

function where([innermost]: readonly StallPlace[]): string {
  if (innermost === undefined) return ''
  const { url, line, column } = innermost
  return ` in=${innermost.function || '(anonymous)'} at=${url}:${line}:${column}`
}

function tell(message: FromStallThread): void {
  parentPort?.postMessage(message)
}
