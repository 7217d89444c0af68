import { measured } from '../load.js'
import { freePort } from './free-port.js'
import type { System } from './system.js'

/** Moleculer, each node with a broker of its own. */
export const moleculer: System = {
  name: 'moleculer',
  packages: ['moleculer'],
  programs: [],
  lanes: ['tcp'],
  settings: 'an action; TCP transporter, told the address of the other node; JSON; requestTimeout 30 s',

  async serve() {
    const broker = await brokerOf('server', [])
    broker.createService({ name: 'echo', actions: { echo: ({ params }: { params: unknown }) => params } })
    await broker.start()
    return { endpoint: `127.0.0.1:${broker.port}`, close: () => broker.stop() }
  },

  async call(_lane, [endpoint]) {
    const broker = await brokerOf('caller', [`${endpoint}/server`])
    await broker.start()
    await broker.waitForServices('echo', 10_000)
    return {
      measure: (load) => measured((value) => broker.call('echo.echo', value), load),
      close: () => broker.stop(),
    }
  },
}

async function brokerOf(nodeID: string, urls: readonly string[]) {
  const { ServiceBroker } = (await import('moleculer')).default
  const port = await freePort()
  const transporter = { type: 'TCP', options: { udpDiscovery: false, port, urls, useHostname: false } }
  const broker = new ServiceBroker({ nodeID, transporter, requestTimeout: 30_000, logger: false })
  return Object.assign(broker, { port })
}
