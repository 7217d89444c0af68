import { SkeinError } from '@skein/core'
import {
  type DialOptions,
  type Frames,
  type Inbound,
  type InboundEvents,
  type ListenOptions,
  type Outbound,
  type OutboundEvents,
  type ProbeVerdict,
  type Transport,
  ZmqTransport,
} from '@skein/core/internal'

/** Who listens where, and between whom nothing gets through. */
export class CuttableNetwork {
  readonly #hosts = new Map<string, string>()
  readonly #open = new Set<CuttableConnection>()
  readonly #parted = new Set<string>()

  transport(host: string): Transport {
    return new CuttableTransport(host, this)
  }

  /** Closes all connections between two hosts, from both sides. */
  cut(a: string, b: string): void {
    for (const each of this.#open) if (pairOf(each.from, each.to) === pairOf(a, b)) each.cut()
  }

  /** The same, and nothing is heard of new ones until they are healed. */
  partition(a: string, b: string): void {
    this.#parted.add(pairOf(a, b))
    this.cut(a, b)
  }

  heal(a: string, b: string): void {
    this.#parted.delete(pairOf(a, b))
  }

  healAll(): void {
    this.#parted.clear()
  }

  listens(host: string, endpoints: readonly string[]): void {
    for (const endpoint of endpoints) this.#hosts.set(endpoint, host)
  }

  hostOf(endpoint: string): string {
    return this.#hosts.get(endpoint) ?? ''
  }

  areParted(a: string, b: string): boolean {
    return this.#parted.has(pairOf(a, b))
  }

  opened(connection: CuttableConnection): void {
    this.#open.add(connection)
  }

  closed(connection: CuttableConnection): void {
    this.#open.delete(connection)
  }
}

/** ZeroMQ's, over sockets that the network can close. */
class CuttableTransport implements Transport {
  readonly #inner = new ZmqTransport()
  readonly #host: string
  readonly #network: CuttableNetwork

  constructor(host: string, network: CuttableNetwork) {
    this.#host = host
    this.#network = network
  }

  async listen(options: ListenOptions, on: InboundEvents): Promise<Inbound> {
    const inbound = await this.#inner.listen(options, on)
    this.#network.listens(this.#host, inbound.endpoints)
    return inbound
  }

  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound {
    const to = this.#network.hostOf(endpoint)
    const dial = (events: OutboundEvents): Outbound => this.#inner.dial(endpoint, options, events)
    const open = this.#network.areParted(this.#host, to) ? undefined : dial
    return new CuttableConnection({ endpoint, from: this.#host, to, network: this.#network }, open, on)
  }

  async probe(endpoint: string, timeoutMs: number, instance?: string): Promise<ProbeVerdict> {
    if (this.#network.areParted(this.#host, this.#network.hostOf(endpoint))) return 'unknown'
    return this.#inner.probe(endpoint, timeoutMs, instance)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

interface Ends {
  readonly endpoint: string
  readonly from: string
  readonly to: string
  readonly network: CuttableNetwork
}

class CuttableConnection implements Outbound {
  readonly endpoint: string
  readonly from: string
  readonly to: string
  readonly #network: CuttableNetwork
  readonly #on: OutboundEvents
  /** None of one that was dialled while its ends were parted. */
  readonly #inner: Outbound | undefined
  readonly #unsent: ((error: Error) => void)[] = []
  #isOver = false

  constructor(
    { endpoint, from, to, network }: Ends,
    open: ((on: OutboundEvents) => Outbound) | undefined,
    on: OutboundEvents,
  ) {
    this.endpoint = endpoint
    this.from = from
    this.to = to
    this.#network = network
    this.#on = on
    this.#inner = open?.({
      up: () => this.#isOver || on.up(),
      down: (reason) => this.#down(reason),
    })
    network.opened(this)
  }

  get scheme() {
    return this.#inner?.scheme ?? 'tcp'
  }

  async send(frames: Frames): Promise<void> {
    if (this.#inner !== undefined) return this.#inner.send(frames)
    await new Promise<void>((_, reject) => this.#unsent.push(reject))
  }

  /** What has not left is lost, and the other side's socket is closed. */
  cut(): void {
    if (this.#inner === undefined || this.#isOver) return
    this.#inner.close()
    this.#down('it was cut')
  }

  close(): void {
    this.#isOver = true
    this.#network.closed(this)
    this.#inner?.close()
    for (const reject of this.#unsent.splice(0))
      reject(new SkeinError('ERR_CLOSED', 'the connection was closed'))
  }

  #down(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#network.closed(this)
    this.#on.down(reason)
  }
}

function pairOf(a: string, b: string): string {
  return [a, b].sort().join()
}
