import { randomUUID } from 'node:crypto'
import type {
  DialOptions,
  Frames,
  Inbound,
  ListenOptions,
  Outbound,
  Transport,
} from '../../src/transport/transport.js'

export const HEARTBEAT = { heartbeatInterval: 300, heartbeatTimeout: 900 }

/** Collects what arrives at a listener, and lets a test wait for it. */
export class Inbox {
  readonly batches: Frames[] = []
  readonly #waiting = new Set<() => void>()

  readonly put = (frames: Frames): void => {
    this.batches.push(frames)
    for (const check of [...this.#waiting]) check()
  }

  /** Frame 0 of every batch as text. */
  get texts(): string[] {
    return this.batches.map(([first]) => Buffer.from(first ?? []).toString())
  }

  /** Resolves when `count` batches have arrived altogether. */
  has(count: number): Promise<void> {
    return this.when(() => this.batches.length >= count)
  }

  /** Resolves when a batch of this text has arrived. */
  holds(text: string): Promise<void> {
    return this.when(() => this.texts.includes(text))
  }

  when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }
}

export interface Listening {
  inbound: Inbound
  inbox: Inbox
  endpoint: string
}

export async function listening(
  transport: Transport,
  options: Pick<ListenOptions, 'schemes'> & Partial<ListenOptions>,
): Promise<Listening> {
  const inbox = new Inbox()
  const given = { host: '127.0.0.1', port: 0, instance: randomUUID(), frameBytes: 4 << 20, ...options }
  const inbound = await transport.listen(given, { batch: inbox.put, settled() {} })
  const [endpoint = ''] = inbound.endpoints
  return { inbound, inbox, endpoint }
}

/** A dialled connection whose events are kept and can be waited for. */
export interface Dialled {
  /** Its sends fail once the connection is down: a test that is not about it would wait for ever. */
  outbound: Outbound
  /** The same as the transport made it: what is sent on a lost connection waits until that is closed. */
  bare: Outbound
  /** What was reported so far: `up`, `down: reason`. */
  events: string[]
  up: Promise<void>
  /** Resolves with the reason. */
  down: Promise<string>
}

export function dialled(
  transport: Transport,
  endpoint: string,
  options: DialOptions = { watch: true, ...HEARTBEAT },
): Dialled {
  const events: string[] = []
  let reportUp = () => {}
  let reportDown = (_reason: string) => {}
  const up = new Promise<void>((resolve) => {
    reportUp = resolve
  })
  const down = new Promise<string>((resolve) => {
    reportDown = resolve
  })
  const bare = transport.dial(endpoint, options, {
    up: () => {
      events.push('up')
      reportUp()
    },
    down: (reason) => {
      events.push(`down: ${reason}`)
      reportDown(reason)
    },
  })
  const lost = down.then((reason) => {
    throw new Error(`nothing can be sent to ${endpoint}: ${reason}`)
  })
  lost.catch(() => {})
  const outbound: Outbound = {
    endpoint: bare.endpoint,
    scheme: bare.scheme,
    send: (frames) => Promise.race([bare.send(frames), lost]),
    close: () => bare.close(),
  }
  return { outbound, bare, events, up, down }
}

/** The JavaScript of this thread is busy for so many milliseconds, though the machine has nothing to do for it. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

export function text(value: string | number): Frames {
  return [Buffer.from(String(value))]
}

/** The numbers below `count`, as texts. */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i))
}

/**
 * Sends until the connection takes no more; returns how many batches it took, and the send that waits. A transport which
 * has room says so within a few turns of the event loop.
 */
export async function filled(outbound: Outbound): Promise<{ taken: number; waiting: Promise<void> }> {
  for (let taken = 0; ; taken++) {
    let isTaken = false
    const waiting = outbound.send(text('x')).then(() => {
      isTaken = true
    })
    waiting.catch(() => {}) // the test looks at it
    for (let turn = 0; turn < 5 && !isTaken; turn++) await new Promise((resolve) => setImmediate(resolve))
    if (!isTaken) return { taken, waiting }
  }
}
