import { randomBytes } from 'node:crypto'
import { systemClock, ZmqTransport } from '@skein/core/internal'
import { parseRoleReport } from '@skein/launch'
import { deferred } from '@skein/runner/internal'
import type { Mesh, Runtime } from '@skein/runtime'
import {
  type Head,
  type LaunchEvents,
  type Launched,
  type RuntimeSpec,
  startHead,
} from '@skein/runtime/internal'
import { type Cluster, type ClusterOptions, HEAD, MONITOR, misuse, workerAt, workerUids } from './cluster.js'
import { HARNESS, type HarnessService } from './test-role.js'

export interface LaunchedClusterOptions extends ClusterOptions {
  /** Options for node itself, such as those that let a worker import TypeScript. @default none */
  readonly execArgv?: readonly string[] | undefined
}

/** What a launcher starts, as tests see it: how to be rude to it. */
export interface Victim {
  readonly launched: Launched
  kill(): void
  stop(): void
  continue(): void
}

export type StartVictim = (spec: RuntimeSpec, on: LaunchEvents) => Victim

/** How long what was asked to end may take before it is killed, in milliseconds. */
const GRACE_MS = 5000

/** A cluster whose runtimes are processes or threads, linked by ZeroMQ. */
export class LaunchedCluster implements Cluster {
  readonly workers: readonly string[]
  readonly #options: LaunchedClusterOptions
  readonly #startVictim: StartVictim
  readonly #meshToken = randomBytes(24).toString('base64url')
  readonly #victims = new Map<string, Victim>()
  readonly #output = new Map<string, string[]>()
  readonly #transport = new ZmqTransport()
  #head: Head | undefined
  #closed: Promise<void> | undefined

  static async start(startVictim: StartVictim, options: LaunchedClusterOptions): Promise<LaunchedCluster> {
    const cluster = new LaunchedCluster(startVictim, options)
    try {
      await cluster.#start()
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  private constructor(startVictim: StartVictim, options: LaunchedClusterOptions) {
    this.#startVictim = startVictim
    this.#options = options
    this.workers = workerUids(options.workers)
  }

  get head(): Runtime {
    return this.#started().runtime
  }

  get mesh(): Mesh {
    return this.#started().mesh
  }

  worker(index: number): string {
    return workerAt(this.workers, index)
  }

  output(uid: string): readonly string[] {
    return this.#output.get(uid) ?? []
  }

  async kill(uid: string): Promise<void> {
    const victim = this.#victim(uid)
    victim.kill()
    await victim.launched.ended
  }

  stop(uid: string): void {
    this.#victim(uid).stop()
  }

  continue(uid: string): void {
    this.#victim(uid).continue()
  }

  async stallLoop(uid: string, ms: number): Promise<void> {
    this.#victim(uid)
    await this.head.proxy<HarnessService>(uid, HARNESS).stall(ms)
  }

  partition(): never {
    throw misuse(
      'only a simulated network can be partitioned: Cluster.memory has one, and FaultProxy cuts a connection',
    )
  }

  heal(): never {
    return this.partition()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(): Promise<void> {
    const address = deferred<string>()
    const monitor = this.#launch({ uid: MONITOR, role: 'monitor' }, (report) => {
      const told = parseRoleReport(report)
      if (told?.kind === 'listening') address.resolve(told.address)
    })
    await monitor.ready
    const joining = { monitor: await address.promise }
    const workers = this.workers.map((uid) => this.#launch({ uid, role: 'worker', ...joining }))
    const spec = this.#spec({ uid: HEAD, role: 'head', ...joining })
    const [head] = await Promise.all([
      startHead(spec, {}, { transport: this.#transport }),
      ...workers.map(({ ready }) => ready),
    ])
    this.#head = head
    await Promise.all(this.workers.map((uid) => head.runtime.waitFor(uid)))
  }

  #launch(
    part: Pick<RuntimeSpec, 'uid' | 'role' | 'monitor'>,
    onReport = (_report: unknown) => {},
  ): Launched {
    const lines: string[] = []
    this.#output.set(part.uid, lines)
    const victim = this.#startVictim(this.#spec(part), {
      line: (_stream, text) => lines.push(text),
      report: onReport,
    })
    this.#victims.set(part.uid, victim)
    return victim.launched
  }

  #spec(part: Pick<RuntimeSpec, 'uid' | 'role' | 'monitor'>): RuntimeSpec {
    const { comms, transports, execArgv } = this.#options
    return {
      ...part,
      meshToken: this.#meshToken,
      comms: { port: 0, ...comms, ...(transports && { transports }) },
      execArgv,
    }
  }

  async #close(): Promise<void> {
    // What is frozen could not take leave.
    for (const victim of this.#victims.values()) victim.continue()
    await this.#head?.stop()
    await this.#transport.close()
    await Promise.all(Array.from(this.#victims.values(), end))
  }

  #victim(uid: string): Victim {
    const victim = this.#victims.get(uid)
    if (victim !== undefined) return victim
    throw misuse(`'${uid}' is none of ${[...this.#victims.keys()].join(', ')}`)
  }

  #started(): Head {
    if (this.#head === undefined) throw misuse('this cluster is not started')
    return this.#head
  }
}

/** Asks, and kills what doesn't heed it. */
async function end(victim: Victim): Promise<void> {
  const kill = systemClock.after(GRACE_MS, () => victim.kill())
  victim.launched.stop()
  await victim.launched.ended
  kill.cancel()
}
