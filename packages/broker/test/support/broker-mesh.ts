import type { Logger } from '@skein/core'
import { Broker } from '../../src/broker.js'
import { Client } from '../../src/client.js'
import type { BrokerOptions } from '../../src/options.js'
import { Worker, type WorkerOptions } from '../../src/worker.js'

const silent = (): void => {}
export const SILENT: Logger = { debug: silent, info: silent, warn: silent, error: silent }

export const TOKEN = 'token of the tests'

/** A broker, its workers and clients, over real sockets. All are closed at the end of a test. */
export class BrokerMesh {
  readonly #open: { stop(): Promise<void> }[] = []
  /** Where its broker listens. */
  address = ''

  /** What a worker or client needs to join. */
  get joining() {
    return { broker: this.address, token: TOKEN, logger: SILENT }
  }

  async broker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
    const broker = new Broker({ address: 'tcp://127.0.0.1:0', token: TOKEN, logger: SILENT, ...options })
    await this.add(broker).start()
    this.address = broker.address ?? ''
    return broker
  }

  /** The latest worker, which may be starting. */
  latest: Worker | undefined

  async worker(options: Pick<WorkerOptions, 'handlers'> & Partial<WorkerOptions>): Promise<Worker> {
    const worker = this.add(new Worker({ ...this.joining, service: 'test', ...options }))
    this.latest = worker
    await worker.start()
    return worker
  }

  async client(name?: string): Promise<Client> {
    const client = this.add(new Client({ ...this.joining, name }))
    await client.start()
    return client
  }

  add<T extends { stop(): Promise<void> }>(each: T): T {
    this.#open.push(each)
    return each
  }

  /** The latest first. */
  async close(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each.stop()
  }
}
