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
 * of sockets over ipc.
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
    const steered = isInproc(plan.control) ? plan.control : undefined
    const there = { ...plan, ...changed, ...(steered && { control: undefined }) }
    const relay = await BackgroundRelay.start(there, { runner: 'thread', daemon, logger })
    const bridged = new BridgedRelay(relay, bridges, close)
    if (steered !== undefined) await bridged.steer(steered, space, logger)
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
  readonly #ends: Promise<void>[]
  #control: readonly string[] | undefined
  #stopping: Promise<void> | undefined

  constructor(relay: RunningRelay, bridges: ReadonlyMap<Place, Bridge>, close: () => Promise<void>) {
    this.#relay = relay
    this.#bridges = bridges
    this.#close = close
    this.#ends = [relay, ...[...bridges.values()].map((bridge) => bridge.relay)].map(({ ended }) => ended)
    // One of them alone is of no use to anybody.
    for (const end of this.#ends) void end.catch(() => {}).then(() => this.stop())
  }

  get endpoints(): Endpoints {
    const of = (place: Place) => this.#bridges.get(place)?.relay.endpoints.in ?? this.#relay.endpoints[place]
    const control = this.#control ?? this.#relay.endpoints.control
    return { in: of('in'), out: of('out'), monitor: of('monitor'), control }
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
    this.#ends.push(obey(control, this, () => void this.stop(), logger))
  }

  /** What the relay has passed on is taken from it before what takes it is closed. */
  stop(): Promise<void> {
    this.#stopping ??= this.#relay
      .stop()
      .then(() => this.#drain())
      .then(this.#close)
    return this.#stopping
  }

  hold<T>(waiting: Promise<T>): Promise<T> {
    return this.#relay.hold(waiting)
  }

  /** Waits until what the relay had sent has gone over the bridges. Copies for a monitor may be missed. */
  async #drain(): Promise<void> {
    // Of one that was lost nobody knows what it had sent.
    const statistics = await this.#relay.statistics().catch(() => undefined)
    if (statistics === undefined) return
    const drained = (['in', 'out'] as const).map(async (place) => {
      const bridge = this.#bridges.get(place)
      if (bridge === undefined) return
      await inTime(systemClock, bridge.relay.sentIn(statistics[place].sent.messages), bridge.linger)
    })
    await Promise.all(drained)
  }
}
