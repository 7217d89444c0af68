import type { Clock, Instant, Timer } from '../clock.js'
import { SkeinError } from '../errors.js'
import { guarded } from './guarded.js'
import type { MemoryHost } from './memory-host.js'
import type { MemoryInbound } from './memory-inbound.js'
import type { DialOptions, Frames, Outbound, OutboundEvents } from './transport.js'

/** Batches that a connection holds before `send` waits, as ZeroMQ's high-water marks make it. */
const CAPACITY = 1000

/**
 * What a dialler meets at an endpoint: nobody listens; somebody listens and speaks; somebody accepts and keeps silent;
 * nothing comes back.
 */
export type Route =
  | { kind: 'refused' }
  | { kind: 'open'; inbound: MemoryInbound }
  | { kind: 'silent' }
  | { kind: 'lost' }

/** What a connection needs of the network. */
export interface Wire {
  readonly clock: Clock
  /** Draws how long the next thing takes from one host to another, in milliseconds. */
  latency(): number
  /** Draws a part of `ms`. */
  partOf(ms: number): number
  route(from: MemoryHost, endpoint: string): Route
  passes(from: MemoryHost, to: MemoryHost): boolean
}

type State =
  | { kind: 'dialling' }
  | { kind: 'up'; inbound: MemoryInbound }
  | { kind: 'lost' }
  | { kind: 'closed' }

interface WaitingSend {
  frames: Frames
  resolve(): void
  reject(error: SkeinError): void
}

/** One connection from a host to a listener. */
export class MemoryOutbound implements Outbound {
  readonly scheme = 'mem'
  readonly endpoint: string
  readonly host: MemoryHost
  readonly #wire: Wire
  readonly #options: DialOptions
  readonly #on: OutboundEvents
  readonly #onClose: (outbound: MemoryOutbound) => void
  #state: State = { kind: 'dialling' }
  /** On the wire, in the order of sending, which is that of arrival too. */
  #inFlight: { frames: Frames; due: Instant }[] = []
  /** Sent, and not yet taken by the listener's JavaScript. */
  #held = 0
  #waiting: WaitingSend | undefined
  /** The next step of the handshake, then the next arrival. */
  #step: Timer | undefined
  /** Runs while the other side does not answer; at its end a watched connection counts as lost. */
  #silence: Timer | undefined
  #notice: Timer | undefined

  constructor(
    wire: Wire,
    host: MemoryHost,
    endpoint: string,
    options: DialOptions,
    on: OutboundEvents,
    onClose: (outbound: MemoryOutbound) => void,
  ) {
    this.#wire = wire
    this.host = host
    this.endpoint = endpoint
    this.#options = options
    this.#on = { up: guarded(() => on.up()), down: guarded((reason) => on.down(reason)) }
    this.#onClose = onClose
    if (options.watch) this.#listenFor(options.heartbeatTimeout, 'no handshake in time')
    this.#step = wire.clock.after(wire.latency(), () => this.#greet())
  }

  /** The listener that it is connected to, if it is. */
  get inbound(): MemoryInbound | undefined {
    return this.#state.kind === 'up' ? this.#state.inbound : undefined
  }

  send(frames: Frames): Promise<void> {
    if (this.#state.kind === 'closed') return Promise.reject(closedError(this.endpoint))
    if (this.#waiting !== undefined)
      return Promise.reject(new Error('send was called while another is under way'))
    return new Promise((resolve, reject) => {
      this.#waiting = { frames, resolve, reject }
      this.#take()
    })
  }

  close(): void {
    if (this.#state.kind === 'closed') return
    this.#state = { kind: 'closed' }
    this.#drop()
    this.#notice?.cancel()
    this.#waiting?.reject(closedError(this.endpoint))
    this.#onClose(this)
  }

  /** The connection breaks: what is on the wire is lost, and a watcher is told. */
  break(reason: string): void {
    if (this.#state.kind === 'lost' || this.#state.kind === 'closed') return
    this.#state = { kind: 'lost' }
    this.#drop()
    if (this.#options.watch)
      this.#notice = this.#wire.clock.after(0, () => this.#report(() => this.#on.down(reason)))
  }

  /** Something about the network has changed: what was held up may go on, what went may be held up. */
  reconsider(): void {
    if (this.#state.kind === 'dialling') {
      this.#step ??= this.#wire.clock.after(this.#wire.latency(), () => this.#greet())
    }
    if (this.#state.kind !== 'up') return
    const { host } = this.#state.inbound
    const answered = this.#wire.passes(this.host, host) && this.#wire.passes(host, this.host)
    if (answered) this.#stopSilence()
    else if (this.#options.watch && this.#silence === undefined) {
      // The next heartbeat is up to an interval away, and it is the one that goes unanswered.
      const { heartbeatInterval, heartbeatTimeout } = this.#options
      this.#listenFor(this.#wire.partOf(heartbeatInterval) + heartbeatTimeout, 'connection lost')
    }
    this.#schedule(this.#wire.latency())
  }

  /** The greeting has reached the other side, or would have. */
  #greet(): void {
    this.#step = undefined
    const route = this.#wire.route(this.host, this.endpoint)
    if (route.kind === 'refused') this.break('could not connect')
    if (route.kind === 'open') this.#step = this.#wire.clock.after(this.#wire.latency(), () => this.#stand())
  }

  /** The answer has come back, or would have. */
  #stand(): void {
    this.#step = undefined
    const route = this.#wire.route(this.host, this.endpoint)
    if (route.kind === 'refused') this.break('connection lost')
    if (route.kind !== 'open') return
    this.#state = { kind: 'up', inbound: route.inbound }
    this.#stopSilence()
    if (this.#options.watch) this.#report(() => this.#on.up())
    this.#take()
  }

  /** Takes the batch that waits to be sent, if there is room for it. */
  #take(): void {
    if (this.#state.kind !== 'up' || this.#waiting === undefined || this.#held >= CAPACITY) return
    const { frames, resolve } = this.#waiting
    this.#waiting = undefined
    this.#held++
    const due = this.#wire.clock.now() + this.#wire.latency()
    // Copied, as a wire does: nothing of the sender's is seen by the receiver.
    this.#inFlight.push({ frames: frames.map((frame) => new Uint8Array(frame)), due })
    this.#schedule(0)
    resolve()
  }

  /** Sees to the arrival of the first batch on the wire, not before `delay` from now. */
  #schedule(delay: number): void {
    const first = this.#inFlight[0]
    if (this.#state.kind !== 'up' || this.#step !== undefined || first === undefined) return
    if (!this.#wire.passes(this.host, this.#state.inbound.host)) return
    const { clock } = this.#wire
    this.#step = clock.after(Math.max(delay, first.due - clock.now()), () => this.#arrive())
  }

  /** Hands over everything that is due: what a slower batch held up comes together with it. */
  #arrive(): void {
    this.#step = undefined
    while (this.#state.kind === 'up' && this.#wire.passes(this.host, this.#state.inbound.host)) {
      const [first] = this.#inFlight
      if (first === undefined || first.due > this.#wire.clock.now()) break
      this.#inFlight.shift()
      this.#deliver(first.frames, this.#state.inbound)
    }
    this.#schedule(0)
  }

  #deliver(frames: Frames, inbound: MemoryInbound): void {
    if (!inbound.admits(frames)) {
      this.break('connection lost')
      return
    }
    inbound.deliver(frames, () => {
      this.#held--
      this.#take()
    })
  }

  #listenFor(ms: number, reason: string): void {
    this.#silence = this.#wire.clock.after(ms, () => this.break(reason))
  }

  #stopSilence(): void {
    this.#silence?.cancel()
    this.#silence = undefined
  }

  /** Tells the dialler's JavaScript, when it has time to listen. */
  #report(event: () => void): void {
    this.host.run(() => {
      if (this.#state.kind !== 'closed') event()
    })
  }

  #drop(): void {
    this.#inFlight = []
    this.#step?.cancel()
    this.#stopSilence()
  }
}

function closedError(endpoint: string): SkeinError {
  return new SkeinError('ERR_CLOSED', `the connection to ${endpoint} is closed`, { address: endpoint })
}
