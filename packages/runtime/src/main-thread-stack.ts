import { once } from 'node:events'
import { type Debugger, Session } from 'node:inspector'
import type { StallPlace } from './stall-messages.js'

/**
 * What the main thread is doing, seen from another thread: innermost function first, Node's own left out. The main
 * thread is paused for that, for well under a millisecond.
 *
 * @param patience milliseconds to wait for it: in native code and system calls it can't be paused, and the answer is
 *   empty
 */
export async function stackOfMainThread(patience: number): Promise<readonly StallPlace[]> {
  const session = new Session()
  session.connectToMainThread()
  try {
    const scripts = new Map<string, string>()
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url))
    session.post('Debugger.enable')
    session.post('Debugger.pause')
    const signal = AbortSignal.timeout(patience)
    const paused = await once(session, 'Debugger.paused', { signal }).catch(() => [])
    const [notification]: { params: Debugger.PausedEventDataType }[] = paused
    session.post('Debugger.resume')
    const frames = notification?.params.callFrames ?? []
    return frames.map((frame) => placeOf(frame, scripts)).filter(({ url }) => !url.startsWith('node:'))
  } finally {
    // Which also lets go of a pause that is still to come.
    session.post('Debugger.disable')
    session.disconnect()
  }
}

function placeOf(
  { functionName, location, url }: Debugger.CallFrame,
  scripts: ReadonlyMap<string, string>,
): StallPlace {
  const { scriptId, lineNumber, columnNumber = 0 } = location
  return {
    function: functionName,
    url: url || (scripts.get(scriptId) ?? ''),
    line: lineNumber + 1,
    column: columnNumber + 1,
  }
}
