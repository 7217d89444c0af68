import { type Logger, SkeinError } from '@skein/core'
import type { PlainSocket, SocketSpace } from '@skein/core/internal'
import { obey, type Steered } from './control.js'
import { bindSocket, connectSocket, openSocket, prepareSocket } from './open-socket.js'
import type { RelayPlan, SocketPlan } from './plan.js'
import { type Frames, Relay, type RelayStatistics } from './relay.js'
import { MonitorTap } from './tap.js'

/** Where the sockets of a relay are bound, with the ports that they really have, in the order of binding. */
export interface Endpoints {
  readonly in: readonly string[]
  readonly out: readonly string[]
  readonly monitor: readonly string[]
  readonly control: readonly string[]
}

/** A relay that runs, wherever it does. */
export interface RunningRelay extends Steered {
  readonly endpoints: Endpoints
  /** Resolves when it has ended; rejects with what has ended it, if that was neither `stop` nor TERMINATE. */
  readonly ended: Promise<void>
  /** Resolves when its sockets are gone. May be called twice. */
  stop(): Promise<void>
  /** Resolves as what is given, and keeps the process alive meanwhile. */
  hold<T>(waiting: Promise<T>): Promise<T>
}

/**
 * Opens what a plan says, and lets it run: options of `in` and `out`, then what they bind, then what they connect to, then
 * the monitor, then the control. If one of them can't be had, those before it are closed.
 *
 * @param afterwards what is left to do when its sockets are gone
 * @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE
 */
export async function openRelay(
  plan: RelayPlan,
  space: SocketSpace,
  logger: Logger,
  afterwards: () => Promise<void> = async () => {},
): Promise<LocalRelay> {
  const opened: PlainSocket[] = []
  const open = (socketPlan: SocketPlan): PlainSocket => {
    const socket = openSocket(space, socketPlan)
    opened.push(socket)
    return socket
  }
  try {
    const sides = [plan.in, plan.out]
      .filter((it) => it !== undefined)
      .map((it) => ({ plan: it, socket: open(it) }))
    for (const side of sides) await bindSocket(side.socket, side.plan)
    for (const side of sides) await connectSocket(side.socket, side.plan)
    const [input, out] = sides.map(({ socket }) => socket)
    if (input === undefined) throw new RangeError('a relay has one side at least')
    const monitor = plan.monitor && (await prepareSocket(space, plan.monitor, opened))
    // Whoever monitors holds nobody up.
    monitor?.set('sendTimeout', 0)
    const control = plan.control && (await prepareSocket(space, plan.control, opened))
    return new LocalRelay(plan, { in: input, out, monitor, control }, logger, afterwards)
  } catch (error) {
    await Promise.all(opened.map((socket) => socket.close()))
    await afterwards()
    throw error
  }
}

interface Parts {
  readonly in: PlainSocket
  readonly out: PlainSocket | undefined
  readonly monitor: PlainSocket | undefined
  readonly control: PlainSocket | undefined
}

/** A relay in this thread. */
export class LocalRelay implements RunningRelay {
  readonly endpoints: Endpoints
  readonly ended: Promise<void>
  readonly #relay: Relay
  readonly #control: PlainSocket | undefined
  readonly #afterwards: () => Promise<void>
  #stopping: Promise<void> | undefined

  constructor(plan: RelayPlan, parts: Parts, logger: Logger, afterwards: () => Promise<void>) {
    const { in: input, out, monitor, control } = parts
    const { prefixes } = plan
    const tap =
      monitor &&
      new MonitorTap(
        monitor,
        prefixes && { in: Buffer.from(prefixes.in, 'base64'), out: Buffer.from(prefixes.out, 'base64') },
        logger,
      )
    this.endpoints = {
      in: input.endpoints,
      out: out?.endpoints ?? [],
      monitor: monitor?.endpoints ?? [],
      control: control?.endpoints ?? [],
    }
    this.#relay = new Relay(input, out, { tap, arrange: plan.swaps === true ? swapped : undefined })
    this.#control = control
    this.#afterwards = afterwards
    const obeying =
      control === undefined ? Promise.resolve() : obey(control, this, () => void this.stop(), logger)
    this.ended = Promise.all([this.#relay.ended, obeying]).then(() => {})
    this.ended.catch(() => void this.stop())
  }

  async pause(): Promise<void> {
    this.#checkRunning()
    this.#relay.pause()
  }

  async resume(): Promise<void> {
    this.#checkRunning()
    this.#relay.resume()
  }

  async statistics(): Promise<RelayStatistics> {
    return this.#relay.statistics
  }

  /** Resolves when so many messages have been sent at `in`, or it has ended. */
  sentIn(count: number): Promise<void> {
    return this.#relay.sentIn(count)
  }

  stop(): Promise<void> {
    this.#stopping ??= Promise.all([this.#relay.stop(), this.#control?.close()]).then(this.#afterwards)
    return this.#stopping
  }

  /** Its sockets do. */
  hold<T>(waiting: Promise<T>): Promise<T> {
    return waiting
  }

  #checkRunning(): void {
    if (this.#stopping !== undefined) throw new SkeinError('ERR_CLOSED', 'the relay has ended')
  }
}

/** Of a message between two ROUTERs: the first frame says who sent it, the second for whom it is. */
function swapped(frames: Frames): Frames {
  const [sender, receiver, ...rest] = frames
  return sender === undefined || receiver === undefined ? frames : [receiver, sender, ...rest]
}
