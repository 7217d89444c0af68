import { messageOf, SocketSpace, stderrLogger } from '@skein/core/internal'
import { processMain, type RunJob, threadMain } from '@skein/runner/internal'
import { answerTo } from './messages.js'
import { openRelay, type RunningRelay } from './open-relay.js'
import { parsePlan } from './plan.js'

/** What a thread or process of a device does: it opens the plan that it is given, and relays until it is told to end. */
const relayJob: RunJob = async (spec, host) => {
  const space = new SocketSpace()
  try {
    const relay = await openRelay(parsePlan(spec), space, stderrLogger)
    host.onMessage((message) => void answerTo(message, relay, (answer) => host.report(answer)))
    host.ready(relay.endpoints)
    const code = await Promise.race([host.order.code, endOf(relay, (failure) => host.report(failure))])
    if (!host.order.dropped.aborted) await relay.stop()
    return code
  } finally {
    await space.close()
  }
}

async function endOf(relay: RunningRelay, report: (failure: unknown) => void): Promise<number> {
  try {
    await relay.ended
    return 0
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) })
    return 1
  }
}

/** What a device's process runs. */
export function runRelayProcess(): Promise<void> {
  return processMain(relayJob)
}

/** What a device's thread runs. */
export function runRelayThread(): Promise<void> {
  return threadMain(relayJob)
}
