import { Runtime } from 'skein'
import type { Row } from '../row.js'
import { silent } from '../silent.js'
import { during, shareOfCore } from './idle.js'
import type { Lanes } from './orders.js'

const RUNTIMES = 200
const PAIRS = 200
const MESH_TOKEN = 'the token of the mesh at rest'

/** Until all that linking has left behind is done, in seconds. */
const SETTLING = 10

/** States that nobody should be in who does nothing and is well. */
const UNWELL: ReadonlySet<string> = new Set(['stalled', 'suspect', 'unreachable', 'dead'])

/** Makes the mesh, and measures it for so many seconds. */
export async function measureAtRest(transports: Lanes, seconds: number): Promise<Row> {
  const base = { meshToken: MESH_TOKEN, transports, port: 0, logger: silent }
  const began = performance.now()
  const monitor = new Runtime({ ...base, uid: 'monitor', introduces: true, roles: ['monitor'] })
  await monitor.start()
  const nodes = Array.from({ length: RUNTIMES }, (_, i) => {
    return new Runtime({ ...base, uid: `node:${i}`, monitor: monitor.comms.address })
  })
  await Promise.all(nodes.map((node) => node.start()))
  for (let i = 0; i < PAIRS; i++) {
    const [from, to] = pairOf(nodes)
    await from.waitFor(to.uid)
  }
  const linkedMs = performance.now() - began

  await during(SETTLING)
  const told: string[] = []
  for (const runtime of [monitor, ...nodes])
    runtime.on('peer', ({ uid, is }) => UNWELL.has(is) && told.push(`${runtime.uid}: ${uid} ${is}`))
  const corePercent = 100 * (await shareOfCore(seconds))
  const links =
    [monitor, ...nodes].flatMap((runtime) => runtime.peers().filter(({ lane }) => lane)).length / 2
  return {
    lanes: String(transports),
    runtimes: RUNTIMES + 1,
    links: Math.round(links),
    seconds,
    corePercent: Math.round(corePercent * 100) / 100,
    takenForUnwell: told.length,
    linkedMs: Math.round(linkedMs),
    rssMiB: Math.round(process.memoryUsage().rss / 1024 ** 2),
  }
}

/** Two runtimes that are not the same, drawn by lot. */
function pairOf(nodes: readonly Runtime[]): [Runtime, Runtime] {
  const draw = () => nodes[Math.floor(Math.random() * nodes.length)]
  for (;;) {
    const [from, to] = [draw(), draw()]
    if (from !== undefined && to !== undefined && from !== to) return [from, to]
  }
}
