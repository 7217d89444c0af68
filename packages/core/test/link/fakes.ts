import {
  type DialOptions,
  type Frames,
  type Inbound,
  type Outbound,
  type OutboundEvents,
  type ProbeVerdict,
  type Scheme,
  schemeOf,
  type Transport,
} from '../../src/transport/transport.js'

/** A connection that takes a batch when it is told to, and stands or falls when it is told to. */
export class FakeOutbound implements Outbound {
  readonly sent: Frames[] = []
  isClosed = false
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined

  constructor(
    readonly endpoint: string,
    readonly options: DialOptions,
    readonly on: OutboundEvents,
  ) {}

  get scheme(): Scheme {
    return schemeOf(this.endpoint) ?? 'tcp'
  }

  get isSending(): boolean {
    return this.#settle !== undefined
  }

  send(frames: Frames): Promise<void> {
    if (this.isSending) throw new Error('a socket takes one message at a time')
    this.sent.push(frames)
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  /** The message has left. Resolves when whoever sent it knows. */
  async left(): Promise<void> {
    const settle = this.#settle
    this.#settle = undefined
    settle?.resolve()
    await turn()
  }

  async refuse(error: unknown): Promise<void> {
    const settle = this.#settle
    this.#settle = undefined
    settle?.reject(error)
    await turn()
  }

  close(): void {
    this.isClosed = true
  }
}

export class FakeTransport implements Transport {
  readonly dialled: FakeOutbound[] = []
  /** What probes say of endpoints; an Error is thrown. */
  readonly verdicts = new Map<string, ProbeVerdict | Error>()
  /** Endpoints that can't be dialled at all. */
  readonly invalid = new Set<string>()

  listen(): Promise<Inbound> {
    return Promise.resolve({ endpoints: [], close: () => Promise.resolve() })
  }

  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound {
    if (this.invalid.has(endpoint)) throw new Error('invalid')
    const outbound = new FakeOutbound(endpoint, options, on)
    this.dialled.push(outbound)
    return outbound
  }

  async probe(endpoint: string): Promise<ProbeVerdict> {
    const verdict = this.verdicts.get(endpoint) ?? 'unknown'
    if (verdict instanceof Error) throw verdict
    return verdict
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** The latest connection to an endpoint: its control connection until that is up, its data connection then. */
  latest(): FakeOutbound {
    const outbound = this.dialled.at(-1)
    if (outbound === undefined) throw new Error('nothing was dialled')
    return outbound
  }

  get open(): FakeOutbound[] {
    return this.dialled.filter(({ isClosed }) => !isClosed)
  }
}

/** Resolves when the promise jobs that are queued now have run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Frames that can be told apart. */
export const frames = (n: number): Frames => [Uint8Array.of(n)]
