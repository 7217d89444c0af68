import { messageOf, SocketSpace, stderrLogger } from '@skein/core/internal'
import { processMain, type RunJob, threadMain } from '@skein/runner/internal'
import { answerTo, type Told } from './messages.js'
import { openRelay, type RunningRelay } from './open-relay.js'
import { parsePlan } from './plan.js'

/** What a thread or process of a device does: it opens the plan that it is given, and relays until it is told to end. */
const relayJob: RunJob = async (spec, host) => {
  const space = new SocketSpace()
  try {
    const relay = await openRelay(parsePlan(spec), space, stderrLogger)
    const tell = (told: Told) => host.report(told)
    host.onMessage((message) => void answerTo(message, relay, tell))
    host.ready(relay.endpoints)
    const code = await Promise.race([host.order.code, endOf(relay, tell)])
    if (host.order.dropped.aborted) return code
    await relay.stop()
    tell({ kind: 'stopped', statistics: await relay.statistics() })
    return code
  } finally {
    await space.close()
  }
}

async function endOf(relay: RunningRelay, tell: (failure: Told) => void): Promise<number> {
  try {
    await relay.ended
    return 0
  } catch (error) {
    tell({ kind: 'failed', message: messageOf(error) })
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
