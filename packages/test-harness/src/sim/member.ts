import type { CommsOptions, PeerChange, PeerReport } from '@skein/core'
import type { MemoryNetwork, Randomness, Safeguards, TurnedClock } from '@skein/core/internal'
import { Runtime } from '@skein/runtime'
import { type AuditRecord, outcomeOf } from '../audit/record.js'
import { TamperingTransport } from '../audit/tampering.js'
import { StallableClock } from './stallable-clock.js'
import { stallable } from './stallable-transport.js'

/** States in which a peer counts as there, although it may say nothing. */
const THERE: ReadonlySet<string> = new Set(['known', 'alive', 'stalled', 'suspect'])

/** The name of the service that all offer. */
const SERVICE = 'sim'

export interface MemberParts {
  readonly network: MemoryNetwork
  readonly clock: TurnedClock
  readonly random: Randomness
  /** Whether it listens where the instance before it did; the monitor always does. */
  readonly keepsAddress: boolean
  /** Which instance listens at which address. */
  readonly holders: Map<string, string>
  /** Whether all are on one machine. */
  readonly oneMachine: boolean
  /** In place of the defaults. */
  readonly liveness: CommsOptions['liveness']
  readonly safeguards: Safeguards
  /** Whether batches that come to it, by its place, are to be tampered with at some time. */
  isTamperedWith(place: number): boolean
  /** A peer of its has changed. */
  changed(member: Member, change: PeerChange): void
}

export interface Ask {
  readonly to: Member
  readonly seq: number
  readonly deadline: number
  readonly takes: number
  readonly bytes: number
}

/** How a request has ended. */
export type Settled = Pick<AuditRecord & { kind: 'settled' }, 'outcome' | 'executed'>

/** One instance of a runtime of a simulation, and what it writes down of its requests. */
export class Member {
  /** Counts the instances of all runtimes. */
  readonly number: number
  /** Of its runtime in the plan; the first introduces the others. */
  readonly place: number
  readonly clock: StallableClock
  readonly records: AuditRecord[] = []
  readonly #runtime: Runtime
  readonly #tampering: TamperingTransport | undefined
  /** The latest of each peer. */
  readonly #changes = new Map<string, PeerChange>()
  #state: 'starting' | 'running' | 'gone' = 'starting'
  #open = 0

  constructor(number: number, place: number, { network, clock, random, ...parts }: MemberParts) {
    const uid = uidOf(place)
    const introduces = place === 0
    this.number = number
    this.place = place
    this.clock = new StallableClock(clock)
    const name = introduces || parts.keepsAddress ? nameOf(place) : undefined
    const transport = network.transport(uid)
    if (parts.isTamperedWith(place)) this.#tampering = new TamperingTransport(transport)
    this.#runtime = new Runtime(
      {
        uid,
        meshToken: 'token of a simulation',
        introduces,
        // It would measure the event loop of the simulation.
        stats: false,
        // No method here asks for its request, and it would cost every promise of all runtimes.
        requestContext: false,
        monitor: introduces ? undefined : `mem://${nameOf(0)}`,
        clock: this.clock,
        random,
        liveness: parts.liveness,
        logger: SILENT,
      },
      {
        transport: stallable(this.#tampering ?? transport, {
          clock: this.clock,
          name,
          holders: parts.holders,
        }),
        safeguards: parts.safeguards,
        place: { host: parts.oneMachine ? 'the machine' : uid, process: `${number}` },
      },
    )
    this.#runtime.expose(SERVICE, { echo: this.#echo })
    this.#runtime.on('peer', (change) => {
      this.#changes.set(change.uid, change)
      parts.changed(this, change)
    })
  }

  get uid(): string {
    return this.#runtime.uid
  }

  get instance(): string {
    return this.#runtime.comms.instance
  }

  /** Whether its process is there. */
  get lives(): boolean {
    return this.#state !== 'gone'
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** How many of its requests have not settled. */
  get open(): number {
    return this.#open
  }

  peers(): PeerReport[] {
    return this.#runtime.peers()
  }

  /** What it thinks of a peer. */
  viewOf(uid: string): PeerReport | undefined {
    return this.peers().find((peer) => peer.uid === uid)
  }

  /** Whether it takes an instance for one that is there. */
  sees({ uid, instance }: Member): boolean {
    const last = this.#changes.get(uid)
    return last?.instance === instance && THERE.has(last.is)
  }

  /** Resolves with whether it has joined the mesh. */
  async start(): Promise<boolean> {
    try {
      await this.#runtime.start()
      if (this.#state === 'starting') this.#state = 'running'
    } catch {
      this.#state = 'gone'
    }
    return this.isRunning
  }

  /** Asks another, and resolves with how that ended. */
  async ask({ to, seq, deadline, takes, bytes }: Ask): Promise<Settled> {
    const about = { peer: to.number, seq } as const
    this.records.push({ kind: 'sent', ...about, operation: 0, bytes })
    this.#open += 1
    const settled = await this.#settled(to.uid, seq, deadline, takes, bytes)
    this.#open -= 1
    if (this.lives) this.records.push({ kind: 'settled', ...about, ...settled })
    return settled
  }

  /** The next `count` batches that come to it come twice, or pairs of them in the wrong order; until it is told to stop. */
  tamper(how: 'repeat' | 'swap', count: number): void {
    this.#tampering?.[how](count)
  }

  /** What comes to it comes as it was sent, once it has time to look. */
  behave(): void {
    this.clock.whenFree(() => this.#tampering?.behave())
  }

  /** It dies without a word. To be called when its host is dead. */
  crash(): void {
    this.#state = 'gone'
    this.clock.stop()
    // Nobody hears of it any more: this only settles what waits within this process.
    void this.#runtime.destroy()
  }

  async #settled(uid: string, seq: number, timeout: number, takes: number, bytes: number): Promise<Settled> {
    const args = [this.number, seq, takes, new Uint8Array(bytes)]
    try {
      const answer = await this.#runtime.comms.sendRecv(
        uid,
        { service: SERVICE, method: 'echo', args },
        { timeout },
      )
      return { outcome: answer === seq ? 'result' : 'wrong-result', executed: undefined }
    } catch (error) {
      return outcomeOf(error)
    }
  }

  readonly #echo = (caller: number, seq: number, takes: number, payload: Uint8Array): unknown => {
    this.records.push({ kind: 'executed', peer: caller, seq, bytes: payload.byteLength })
    if (takes === 0) return seq
    return new Promise((resolve) => this.clock.after(takes, () => resolve(seq)))
  }
}

export function uidOf(place: number): string {
  return place === 0 ? 'monitor' : `worker:0:${place - 1}`
}

/** A name to listen at. */
function nameOf(place: number): string {
  return uidOf(place).replaceAll(':', '.')
}

const silent = (): void => {}
const SILENT = { debug: silent, info: silent, warn: silent, error: silent }
