import { once } from 'node:events'
import { type Debugger, Session } from 'node:inspector'
import type { StallPlace } from './stall-messages.js'

/**
 * What the main thread is doing, seen from another thread: innermost function first, Node's own left out. The main
 * thread is paused for that, for well under a millisecond. Where a debugger holds it, it stays held.
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
    const frames = await framesOf(session, patience)
    return frames.map((frame) => placeOf(frame, scripts)).filter(({ url }) => !url.startsWith('node:'))
  } finally {
    // Which also lets go of a pause that is still to come.
    session.post('Debugger.disable')
    session.disconnect()
  }
}

async function framesOf(session: Session, patience: number): Promise<readonly Debugger.CallFrame[]> {
  let pause: Debugger.PausedEventDataType | undefined
  let isOurs = false
  session.on('Debugger.paused', ({ params }) => {
    pause = params
  })
  const paused = once(session, 'Debugger.paused', { signal: AbortSignal.timeout(patience) })
  session.post('Debugger.enable', (error) => {
    // Of a pause that there is already we are told before this answer: it is not for us to end.
    if (error !== null || pause !== undefined) return
    isOurs = true
    session.post('Debugger.pause')
  })
  await paused.catch(() => {})
  if (isOurs) session.post('Debugger.resume')
  return pause?.callFrames ?? []
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
