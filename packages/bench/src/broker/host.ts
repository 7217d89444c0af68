import { Broker, Client, Worker } from 'skein/broker'
import { during } from '../mesh/idle.js'
import { memoryWithoutGarbage } from '../mesh/memory.js'
import { silent } from '../silent.js'
import { askFor } from './asking.js'
import { type Answer, keywordOf, SERVICE } from './keywords.js'
import type { Joining, Loss, Order } from './orders.js'

/** What a request takes at a worker, in milliseconds: it waits, and doesn't compute, so that many can on few processors. */
const WORK_MS = 5

/** Where thirty processes share two processors, a connection that takes a second is on its way, and not lost. */
const handshake = { timeout: 60_000, dialTimeout: 5000, answerTimeout: 5000 }

/** How many members start at a time: each exchanges greetings with the broker, which is one process. */
const AT_ONCE = 20

/** A process with some of the members of a broker, or the broker itself. */
export class Host {
  #broker: Broker | undefined
  readonly #losses: Loss[] = []
  readonly #workers: Worker[] = []
  readonly #clients: Client[] = []

  /** Resolves with the answer to an order. */
  async perform(order: Order): Promise<unknown> {
    switch (order.kind) {
      case 'broker':
        return this.#startBroker(order.token, order.timeout)
      case 'workers':
        return startAll(order.names, this.#workers, (name) => workerNamed(name, order.joining))
      case 'clients':
        return startAll(
          order.names,
          this.#clients,
          (name) => new Client({ ...order.joining, name, handshake, logger: silent }),
        )
      case 'ask':
        return askFor(this.#clients, order.seconds, order.pauseMs)
      case 'memory':
        return memoryWithoutGarbage()
      case 'losses':
        return this.#losses
      case 'status':
        return this.#broker?.status()
      case 'stop':
        await Promise.all([...this.#clients, ...this.#workers].map((member) => member.stop()))
        await this.#broker?.stop()
        return undefined
    }
  }

  async #startBroker(token: string, timeout: number): Promise<string | undefined> {
    this.#broker = new Broker({ address: 'tcp://127.0.0.1:0', token, timeout, handshake, logger: silent })
    this.#broker.on('change', ({ kind, worker }) => {
      if (kind === 'left') this.#losses.push({ worker, at: Date.now() })
    })
    await this.#broker.start()
    return this.#broker.address
  }
}

function workerNamed(name: string, joining: Joining): Worker {
  const work = async (request: string): Promise<Answer> => {
    await during(WORK_MS / 1000)
    return { request, worker: name }
  }
  const handlers = { [keywordOf(name)]: work }
  return new Worker({
    ...joining,
    name,
    service: SERVICE,
    concurrency: 10,
    handlers,
    handshake,
    logger: silent,
  })
}

async function startAll<Member extends { start(): Promise<void> }>(
  names: readonly string[],
  members: Member[],
  make: (name: string) => Member,
): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE).map(make)
    members.push(...some)
    await Promise.all(some.map((member) => member.start()))
  }
}
