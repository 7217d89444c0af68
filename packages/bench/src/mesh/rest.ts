import { Runtime } from 'skein'
import { type Row, rounded } from '../row.js'
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

/**
 * Measures the mesh for so many seconds; before it, for half as long, as many runtimes that know of nobody.
 *
 * @param open is given those runtimes that are to be stopped
 */
export async function measureAtRest(transports: Lanes, seconds: number, open: Runtime[]): Promise<Row> {
  const base = { meshToken: MESH_TOKEN, transports, port: 0, logger: silent }
  const alone = Array.from({ length: RUNTIMES + 1 }, (_, i) => new Runtime({ ...base, uid: `alone:${i}` }))
  open.push(...alone)
  await Promise.all(alone.map((runtime) => runtime.start()))
  await during(SETTLING)
  const alonePercent = 100 * (await shareOfCore(seconds / 2))
  await Promise.all(open.splice(0).map((runtime) => runtime.stop()))

  const began = performance.now()
  const monitor = new Runtime({ ...base, uid: 'monitor', introduces: true, roles: ['monitor'] })
  open.push(monitor)
  await monitor.start()
  const nodes = Array.from({ length: RUNTIMES }, (_, i) => {
    return new Runtime({ ...base, uid: `node:${i}`, monitor: monitor.comms.address })
  })
  open.push(...nodes)
  await Promise.all(nodes.map((node) => node.start()))
  for (let i = 0; i < PAIRS; i++) {
    const [from, to] = pairOf(nodes)
    await from.waitFor(to.uid)
  }
  const linkedMs = performance.now() - began

  await during(SETTLING)
  const all = [monitor, ...nodes]
  const told: string[] = []
  for (const runtime of all)
    runtime.on('peer', ({ uid, is }) => UNWELL.has(is) && told.push(`${runtime.uid}: ${uid} ${is}`))
  const corePercent = 100 * (await shareOfCore(seconds))
  const links = all.flatMap((runtime) => runtime.peers().filter(({ lane }) => lane)).length / 2
  return {
    lanes: String(transports),
    runtimes: all.length,
    links: Math.round(links),
    seconds,
    alonePercent: rounded(alonePercent),
    corePercent: rounded(corePercent),
    heartsPercent: rounded(corePercent - alonePercent),
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
