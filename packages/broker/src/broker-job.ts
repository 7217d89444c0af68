// What bin/process.mjs and bin/thread.mjs run: a broker in a process or a thread of its own.
import { SkeinError } from '@skein/core'
import { type Host, processMain, type RunJob, threadMain } from '@skein/runner/internal'
import { parseJobSpec, parseRelayEndpoints, RELAY_WANTED, type Ready } from './background-contract.js'
import { Broker } from './broker.js'
import { readConfig } from './config.js'
import type { OpenRelay } from './relay.js'

const brokerJob: RunJob = async (spec, host) => {
  const { config, relaysElsewhere } = parseJobSpec(spec)
  const { order } = host
  const broker = new Broker(readConfig(config), relaysElsewhere ? { openRelay: relayOf(host) } : {})
  order.dropped.addEventListener('abort', () => void broker.destroy())
  try {
    const starting = broker.start().then(() => undefined)
    const ordered = await Promise.race([starting, order.code])
    if (ordered !== undefined) {
      // It is stopped before it has started, and what it says of that is no news.
      starting.catch(() => {})
      return ordered
    }
    host.ready(readyOf(broker))
    return await Promise.race([order.code, broker.wait().then(() => 0)])
  } finally {
    if (!order.dropped.aborted) await broker.stop({ drain: order.drain ?? 0 })
    await broker.destroy()
  }
}

function readyOf({ name, address = '', token, endpoints }: Broker): Ready {
  return { name, address, token, ...(endpoints && { endpoints }) }
}

/** The relay is opened by whoever has started this thread. It outlives the broker, and is stopped there. */
function relayOf(host: Host): OpenRelay {
  return async () => {
    const endpoints = await new Promise<unknown>((resolve, reject) => {
      host.onMessage(resolve)
      // It could not be opened.
      void host.order.code.then(() => reject(new SkeinError('ERR_CLOSED', 'the broker is stopping')))
      host.report(RELAY_WANTED)
    })
    return {
      endpoints: parseRelayEndpoints(endpoints),
      ended: host.order.code.then(() => {}),
      stop: async () => {},
    }
  }
}

/** What a broker's process runs. */
export function runBrokerProcess(): Promise<void> {
  return processMain(brokerJob)
}

/** What a broker's thread runs. */
export function runBrokerThread(): Promise<void> {
  return threadMain(brokerJob)
}
