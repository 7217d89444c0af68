import { Runtime, type RuntimeOptions } from 'skein'
import { type Echo, measured } from '../load.js'
import type { Lane, System } from './system.js'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Skein, as a user has it: through a proxy, with the default deadline on every call. */
export const skein: System = {
  name: 'skein',
  packages: ['skein'],
  programs: [],
  lanes: ['tcp', 'ipc', 'inproc'],
  settings: 'a proxy of an exposed service, defaults',

  async serve(lane) {
    const runtime = new Runtime({ uid: 'server', ...options(lane) })
    runtime.expose('echo', { echo: (value: unknown) => value })
    await runtime.start()
    return { endpoint: runtime.comms.address ?? '', close: () => runtime.stop() }
  },

  async call(lane, endpoint) {
    const runtime = new Runtime({ uid: 'caller', ...options(lane) })
    await runtime.start()
    await runtime.comms.connect(endpoint)
    const { echo } = runtime.proxy<{ echo: Echo }>('server', 'echo')
    return { measure: (load) => measured(echo, load), close: () => runtime.stop() }
  },
}

function options(lane: Lane): Omit<RuntimeOptions, 'uid'> {
  return { meshToken: 'the token of the bench', transports: [lane], logger: silent }
}
