import { tmpdir } from 'node:os'
import type { Logger } from '@skein/core'
import { inTime, ipcPath, type SocketSpace, systemClock } from '@skein/core/internal'
import { nanoid } from 'nanoid'
import { BackgroundRelay } from './background.js'
import { obey } from './control.js'
import { type Endpoints, type LocalRelay, openRelay, type RunningRelay } from './open-relay.js'
import { lingerOf, prepareSocket } from './open-socket.js'
import type { RelayPlan, SocketPlan } from './plan.js'
import type { RelayStatistics } from './relay.js'

type Place = 'in' | 'out' | 'monitor'

const PLACES: readonly Place[] = ['in', 'out', 'monitor']

export interface BridgedOptions {
  readonly daemon: boolean
  readonly logger: Logger
  readonly space: SocketSpace
}

/** Whether a socket is to be reached by, or to reach, other threads of this process. */
export function isInproc(plan: SocketPlan | undefined): boolean {
  if (plan === undefined) return false
  return [...plan.binds.map(({ address }) => address), ...plan.connects].some((it) =>
    it.startsWith('inproc:'),
  )
}

/**
 * A relay in a thread, some of whose sockets have an `inproc://` address. Those are opened in the thread that starts it:
 * over inproc, whoever receives a frame of more than 128 bytes holds the sender's memory until its garbage collector lets
 * go of it, and the process is aborted if the sender's thread has ended by then. Each is joined to the relay by a pair
 * of sockets over ipc. The control is obeyed here as well, since these have to be stopped in order.
 */
export async function startBridged(
  plan: RelayPlan,
  { daemon, logger, space }: BridgedOptions,
): Promise<RunningRelay> {
  const bridges = new Map<Place, Bridge>()
  const close = async () => {
    await Promise.all([...bridges.values()].map(({ relay }) => relay.stop()))
    await space.close()
  }
  try {
    const changed: Partial<Record<Place, SocketPlan>> = {}
    for (const place of PLACES) {
      const real = plan[place]
      if (real === undefined || !isInproc(real)) continue
      const address = `ipc://${await ipcPath(tmpdir(), `relay-${nanoid()}`)}`
      const pair: SocketPlan = { ...NOTHING, binds: [{ address }] }
      const bridge = await openRelay({ in: real, out: pair }, space, logger)
      bridges.set(place, { relay: bridge, linger: lingerOf(real) })
      changed[place] = { ...NOTHING, connects: [address] }
    }
    const { control: steered, ...others } = plan
    const there = { ...others, ...changed }
    const relay = await BackgroundRelay.start(there, { runner: 'thread', daemon, logger })
    const bridged = new BridgedRelay(relay, bridges, close)
    try {
      if (steered !== undefined) await bridged.steer(steered, space, logger)
    } catch (error) {
      await bridged.stop()
      throw error
    }
    return bridged
  } catch (error) {
    await close()
    throw error
  }
}

const NOTHING: SocketPlan = { kind: 'pair', options: [], binds: [], connects: [], subscriptions: [] }

/** Between a socket of this thread and the relay in another. */
interface Bridge {
  readonly relay: LocalRelay
  /** How long what the relay has passed on may take to leave by it, in milliseconds. */
  readonly linger: number
}

class BridgedRelay implements RunningRelay {
  readonly #relay: RunningRelay
  readonly #bridges: ReadonlyMap<Place, Bridge>
  readonly #close: () => Promise<void>
  readonly #ends: Promise<void>[] = []
  #control: readonly string[] = []
  #stopping: Promise<void> | undefined

  constructor(relay: RunningRelay, bridges: ReadonlyMap<Place, Bridge>, close: () => Promise<void>) {
    this.#relay = relay
    this.#bridges = bridges
    this.#close = close
    for (const { ended } of [relay, ...[...bridges.values()].map((bridge) => bridge.relay)]) this.#tie(ended)
  }

  get endpoints(): Endpoints {
    const of = (place: Place) => this.#bridges.get(place)?.relay.endpoints.in ?? this.#relay.endpoints[place]
    return { in: of('in'), out: of('out'), monitor: of('monitor'), control: this.#control }
  }

  get ended(): Promise<void> {
    return Promise.all(this.#ends).then(() => {})
  }

  pause(): Promise<void> {
    return this.#relay.pause()
  }

  resume(): Promise<void> {
    return this.#relay.resume()
  }

  statistics(): Promise<RelayStatistics> {
    return this.#relay.statistics()
  }

  /** Obeys what comes over a socket of this thread. */
  async steer(plan: SocketPlan, space: SocketSpace, logger: Logger): Promise<void> {
    const control = await prepareSocket(space, plan)
    this.#control = control.endpoints
    this.#tie(obey(control, this, () => void this.stop(), logger))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  hold<T>(waiting: Promise<T>): Promise<T> {
    return this.#relay.hold(waiting)
  }

  /** One part alone is of no use to anybody. */
  #tie(end: Promise<void>): void {
    this.#ends.push(end)
    void end.catch(() => {}).then(() => this.stop())
  }

  /**
   * What the relay has passed on goes over the bridges before its ends of them are closed: over ipc, libzmq drops what
   * waits for a reader that is behind when the writer goes.
   */
  async #stop(): Promise<void> {
    const linger = Math.max(0, ...Array.from(this.#bridges.values(), (bridge) => bridge.linger))
    // One that is lost has nothing to say, and leaves nothing to wait for.
    await inTime(systemClock, this.#drain(), linger)
    await this.#relay.stop()
    await this.#close()
  }

  /** Copies for a monitor are not waited for. */
  async #drain(): Promise<void> {
    await this.#relay.pause()
    let before: number | undefined
    for (;;) {
      const { in: input, out } = await this.#relay.statistics()
      const sent = input.sent.messages + out.sent.messages
      // What was on its way when it was held may have been sent meanwhile.
      if (sent === before) return
      before = sent
      await Promise.all([
        this.#bridges.get('in')?.relay.sentIn(input.sent.messages),
        this.#bridges.get('out')?.relay.sentIn(out.sent.messages),
      ])
    }
  }
}
