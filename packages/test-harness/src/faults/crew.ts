import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultProxy } from '../fault-proxy.js'
import type { Belongings } from './belongings.js'
import { instant } from './instant.js'
import { isTcp, Mate, type SeenChange } from './mate.js'
import { addressOf, DATA_DETOUR, Network } from './network.js'
import type { MemberConfig } from './orders.js'

/**
 * Where the members of a run are: on one host, and linked by all that is there; on one host, and linked by tcp alone; the
 * same with a proxy before each; or each in a network namespace of its own, which is a host of its own as far as Skein knows.
 */
export type Setting = 'host' | 'tcp' | 'proxies' | 'namespaces'

export interface NewMate {
  /** @default that of the place */
  readonly uid?: string
  /** @default any that is free */
  readonly port?: number
  /** How many descriptors its process may have. @default what the system allows */
  readonly descriptors?: number
}

/** Where the member at a place listens that has a network of its own. */
const PORT = 3000

/** Where those listen that have a proxy before them, at the same port as that. */
const BEHIND = '127.0.0.2'

/** The members of a run, those that are gone included, their processes, and what is between them. */
export class Crew {
  /** By their numbers. */
  readonly all: Mate[] = []
  readonly #setting: Setting
  readonly #belongings: Belongings
  readonly #onDeath: (observer: Mate, seen: SeenChange) => void
  readonly #folder: string
  readonly #meshToken = randomBytes(24).toString('base64url')
  readonly #network: Network | undefined
  readonly #proxies = new Map<number, FaultProxy>()
  readonly #holders = new Map<number, Mate>()
  #monitor: string | undefined

  /** @param belongings what is opened is added to them */
  constructor(setting: Setting, belongings: Belongings, onDeath: (observer: Mate, seen: SeenChange) => void) {
    this.#setting = setting
    this.#belongings = belongings
    this.#onDeath = onDeath
    const folder = mkdtempSync(join(tmpdir(), 'skein-faults-'))
    belongings.add(() => rmSync(folder, { recursive: true, force: true }))
    this.#folder = folder
    if (setting === 'namespaces') this.#network = new Network(belongings)
  }

  /** Those of the mesh that live. */
  get living(): readonly Mate[] {
    return this.all.filter(({ lives }) => lives)
  }

  /** Who holds a place, or has held it last. */
  at(place: number): Mate {
    const mate = this.#holders.get(place)
    if (mate === undefined) throw new RangeError(`there is nobody at place ${place}`)
    return mate
  }

  get network(): Network {
    if (this.#network === undefined) throw new RangeError('this run has no network of its own')
    return this.#network
  }

  proxy(place: number): FaultProxy {
    const proxy = this.#proxies.get(place)
    if (proxy === undefined) throw new RangeError(`there is no proxy before place ${place}`)
    return proxy
  }

  /** Makes a process for a member that is to be started at a place. */
  async prepare(place: number, { uid = uidOf(place), descriptors }: NewMate): Promise<Mate> {
    this.#network?.open(place)
    const number = this.all.length
    const within = [...(this.#network?.within(place) ?? []), ...limited(descriptors)]
    const journal = join(this.#folder, `${number}.log`)
    const mate: Mate = new Mate({ number, place, uid, journal, within }, (seen) => this.#onDeath(mate, seen))
    this.all.push(mate)
    this.#belongings.add(() => mate.process.signal('SIGKILL'))
    await mate.process.ready
    return mate
  }

  /** Starts it. One whose start is refused is none of the mesh. */
  async launch(mate: Mate, { port = 0 }: NewMate): Promise<void> {
    await mate.process.ask({ kind: 'start', config: await this.#config(mate, port) })
    if (mate.refusal !== undefined) return
    mate.lives = true
    this.#holders.set(mate.place, mate)
    if (mate.place === 0) this.#monitor = mate.endpoints.find(isTcp)
  }

  /** Resolves with the instant of its end. */
  async kill(mate: Mate): Promise<number> {
    mate.lives = false
    const at = instant()
    await mate.process.kill()
    return at
  }

  /** Resolves with the instant at which it was asked to end. */
  async leave(mate: Mate): Promise<number> {
    mate.lives = false
    const at = instant()
    await mate.process.end()
    return at
  }

  /** Ends everything. Those that live take leave. */
  async close(): Promise<void> {
    await Promise.all(this.all.map(({ lives, process }) => (lives ? process.end() : process.kill())))
    await Promise.all(Array.from(this.#proxies.values(), (proxy) => proxy.close()))
    this.#belongings.release()
  }

  async #config({ number, uid, place, journal }: Mate, port: number): Promise<MemberConfig> {
    const shared = { number, uid, journal, meshToken: this.#meshToken }
    const monitor = place === 0 ? undefined : this.#monitor
    const tcp = { ...shared, monitor, transports: ['tcp'] } as const
    switch (this.#setting) {
      case 'host':
        return { ...tcp, ...NEAR, transports: ['tcp', 'ipc'], port }
      case 'tcp':
        return { ...tcp, ...NEAR, port }
      case 'proxies': {
        const proxy = await this.#proxyBefore(place)
        return { ...tcp, ...NEAR, bind: BEHIND, port: proxy.port, advertise: proxy.endpoint }
      }
      case 'namespaces': {
        const advertise = `tcp://${addressOf(place)}:${PORT}`
        return { ...tcp, bind: '0.0.0.0', port: PORT, advertise, dataDetour: DATA_DETOUR }
      }
    }
  }

  async #proxyBefore(place: number): Promise<FaultProxy> {
    const present = this.#proxies.get(place)
    if (present !== undefined) return present
    const proxy = await FaultProxy.start({ target: { host: BEHIND, port: 0 }, seed: place + 1 })
    this.#belongings.add(() => void proxy.close())
    proxy.retarget({ host: BEHIND, port: proxy.port })
    this.#proxies.set(place, proxy)
    return proxy
  }
}

const NEAR = { bind: '127.0.0.1', advertise: undefined, dataDetour: undefined } as const

function limited(descriptors: number | undefined): readonly string[] {
  if (descriptors === undefined) return []
  return ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh']
}

function uidOf(place: number): string {
  return place === 0 ? 'monitor' : `worker:0:${place - 1}`
}
