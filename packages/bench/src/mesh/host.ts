import { Runtime } from 'skein'
import { silent } from '../silent.js'
import { shareOfCore } from './idle.js'
import { knows } from './knowing.js'
import { memoryWithoutGarbage } from './memory.js'
import type { Order } from './orders.js'
import { measureAtRest } from './rest.js'

const MESH_TOKEN = 'the token of the mesh that is measured'

/** Far more than it takes to know all, in milliseconds. */
const KNOW_LIMIT = 30_000

/** A process with some of the runtimes of a mesh. */
export class Host {
  readonly #runtimes: Runtime[] = []

  /** Resolves with the answer to an order. */
  async perform(order: Order): Promise<unknown> {
    switch (order.kind) {
      case 'join':
        return this.#join(order.uids, order.monitor)
      case 'know':
        await Promise.all(this.#runtimes.map((runtime) => knows(runtime, order.count, KNOW_LIMIT)))
        return undefined
      case 'link':
        await Promise.all(order.uids.map((uid) => this.#runtimes[0]?.waitFor(uid)))
        return undefined
      case 'memory':
        return memoryWithoutGarbage()
      case 'idle':
        return shareOfCore(order.seconds)
      case 'leave':
      case 'stop':
        await Promise.all(this.#runtimes.splice(0).map((runtime) => runtime.stop()))
        return undefined
      case 'rest':
        return measureAtRest(order.lanes, order.seconds, this.#runtimes)
    }
  }

  /** With default settings: over whatever lane is cheapest. */
  async #join(uids: readonly string[], monitor: string | undefined): Promise<string | undefined> {
    const joining = uids.map((uid, i) => {
      const base = { uid, meshToken: MESH_TOKEN, logger: silent }
      if (monitor !== undefined) return new Runtime({ ...base, monitor })
      return new Runtime(i === 0 ? { ...base, introduces: true, roles: ['monitor'] } : base)
    })
    this.#runtimes.push(...joining)
    await Promise.all(joining.map((runtime) => runtime.start()))
    return joining[0]?.comms.address
  }
}
