import type { RemoteObject, Runtime } from 'skein'
import { type Echo, type Load, measured, measuredItems, SMALL } from '../load.js'
import { silent } from '../silent.js'
import { Echoing } from './echoing.js'
import type { Calling, Endpoints, Lane, System } from './system.js'

interface Service {
  echo(value: unknown): unknown
  items(): AsyncGenerator<unknown>
}

const service: Service = {
  echo: (value) => value,
  async *items() {
    for (;;) yield SMALL
  },
}

/** Skein, as a user has it: through a proxy, with the default deadline on every call. */
export const skein: System = {
  name: 'skein',
  packages: ['skein'],
  programs: [],
  lanes: ['tcp', 'ipc', 'inproc'],
  settings: 'a proxy of an exposed service, defaults',

  async serve(lane) {
    const runtime = await runtimeOf(`server:${process.pid}`, lane)
    runtime.expose('echo', service)
    await runtime.start()
    return { endpoint: runtime.comms.address ?? '', close: () => runtime.stop() }
  },

  async call(lane, endpoints) {
    const { runtime, uid } = await linked(lane, endpoints)
    const { echo } = runtime.proxy<{ echo: Echo }>(uid, 'echo')
    return calling(runtime, (load) => measured(echo, load))
  },
}

/** The items of a generator method, one after the other. */
export const skeinStream: System = {
  ...skein,
  name: 'skein stream',
  settings: 'a generator method read by one `for await`, default credit',

  async call(lane, endpoints) {
    const { runtime, uid } = await linked(lane, endpoints)
    const remote = runtime.proxy<Service>(uid, 'echo')
    return calling(runtime, (load) => measuredItems(remote.items(), load))
  },
}

/** An object that lives on the other side. */
export const skeinObject: System = {
  ...skein,
  name: 'skein object',
  settings: 'a proxy of an object created on the other side, defaults',

  async call(lane, endpoints) {
    const { runtime, uid } = await linked(lane, endpoints)
    const from = new URL('./echoing.js', import.meta.url)
    const object: RemoteObject<Echoing> = await runtime.create(Echoing, { from: from.href, on: uid })
    return calling(runtime, (load) => measured((value) => object.echo(value), load))
  },
}

/** Many who serve, called by one. */
export const skeinMany: System = {
  ...skein,
  name: 'skein 16 workers',
  settings: 'as skein; 16 processes, each with a sixteenth of the calls',
  servers: 16,

  async call(lane, endpoints) {
    const runtime = await started(lane)
    const uids = await Promise.all(endpoints.map((endpoint) => runtime.comms.connect(endpoint)))
    const echoes = uids.map((uid) => runtime.proxy<{ echo: Echo }>(uid, 'echo').echo)
    return calling(runtime, (load) => measured(echoes, load))
  },
}

async function started(lane: Lane): Promise<Runtime> {
  const runtime = await runtimeOf('caller', lane)
  await runtime.start()
  return runtime
}

async function linked(lane: Lane, [endpoint]: Endpoints): Promise<{ runtime: Runtime; uid: string }> {
  const runtime = await started(lane)
  return { runtime, uid: await runtime.comms.connect(endpoint) }
}

function calling(runtime: Runtime, measure: (load: Load) => ReturnType<Calling['measure']>): Calling {
  return { measure, close: () => runtime.stop() }
}

/** Skein is loaded only by whoever is measured with it, as the others are: V8 goes through all that a process has. */
async function runtimeOf(uid: string, lane: Lane): Promise<Runtime> {
  const { Runtime } = await import('skein')
  return new Runtime({ uid, meshToken: 'the token of the bench', transports: [lane], logger: silent })
}
