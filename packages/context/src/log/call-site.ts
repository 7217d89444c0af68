import { fileURLToPath } from 'node:url'

export interface CallSite {
  readonly file: string
  readonly line: number
}

/** Where `callee` was called from, if the stack says so. */
export function callSite(callee: (...args: never[]) => unknown): CallSite | undefined {
  const holder: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  Error.captureStackTrace(holder, callee)
  Error.stackTraceLimit = stackTraceLimit
  return readFrame(holder.stack?.split('\n')[1] ?? '')
}

/** Of a line as it stands in a stack: `at name (file:line:column)`, `at file:line:column`. */
export function readFrame(frame: string): CallSite | undefined {
  const [, place, line] = /(?:\(|at |^)([^()]+?):(\d+):\d+\)?$/.exec(frame.trim()) ?? []
  if (place === undefined) return undefined
  return { file: place.startsWith('file:') ? fileURLToPath(place) : place, line: Number(line) }
}
