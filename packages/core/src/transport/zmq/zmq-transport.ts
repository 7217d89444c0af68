import { tmpdir } from 'node:os'
import { type Clock, systemClock } from '../../clock.js'
import type {
  DialOptions,
  Inbound,
  InboundEvents,
  ListenOptions,
  Outbound,
  OutboundEvents,
  ProbeVerdict,
  Transport,
} from '../transport.js'
import { checkAddress } from './addresses.js'
import { listen } from './inbound.js'
import { ZmqOutbound } from './outbound.js'
import { probe } from './probe.js'
import { Sockets } from './sockets.js'

export interface ZmqTransportOptions {
  /**
   * Where the private directory for ipc sockets is made.
   * @default os.tmpdir(): it exists everywhere and every user may write there
   */
  ipcBase?: string
  /** Counts how long a connection or a probe may take. @default the system's */
  clock?: Clock
}

/** ZeroMQ: tcp between machines, ipc between processes, inproc between the threads of a process. */
export class ZmqTransport implements Transport {
  readonly #ipcBase: string
  readonly #clock: Clock
  readonly #sockets = new Sockets()

  constructor({ ipcBase = tmpdir(), clock = systemClock }: ZmqTransportOptions = {}) {
    this.#clock = clock
    this.#ipcBase = ipcBase
  }

  listen(options: ListenOptions, on: InboundEvents): Promise<Inbound> {
    return listen(this.#sockets, options, this.#ipcBase, on)
  }

  checkEndpoint(endpoint: string): void {
    checkAddress(endpoint, 'connect')
  }

  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound {
    return new ZmqOutbound(this.#sockets, this.#clock, endpoint, options, on)
  }

  probe(endpoint: string, timeoutMs: number, instance?: string): Promise<ProbeVerdict> {
    return probe(endpoint, timeoutMs, instance, this.#clock)
  }

  close(): Promise<void> {
    return this.#sockets.closeAll()
  }
}
