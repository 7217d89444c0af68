import {
  type Clock,
  MemoryNetwork,
  type Randomness,
  systemClock,
  type Timer,
  type Transport,
  TurnedClock,
} from '@skein/core/internal'
import type { Mesh, Runtime } from '@skein/runtime'
import {
  type Head,
  type Role,
  type RuntimeParts,
  type RuntimeSpec,
  startHead,
  startMonitor,
  startWorker,
} from '@skein/runtime/internal'
import { seededRandom } from '../random.js'
import { type Cluster, type ClusterOptions, HEAD, MONITOR, misuse, workerAt, workerUids } from './cluster.js'

export interface MemoryClusterOptions extends Omit<ClusterOptions, 'transports'> {
  /**
   * Decides every delay and every random id: the same seed and the same calls give the same events.
   * @default 1
   */
  readonly seed?: number | undefined
  /**
   * Milliseconds from one runtime to another.
   * @default none
   */
  readonly latency?: { readonly min: number; readonly max: number } | undefined
  /**
   * A TurnedClock stands still until the test turns it: days pass in a moment, and always in the same way. Starting and
   * closing a cluster turn it by themselves.
   * @default the system's
   */
  readonly clock?: Clock | undefined
}

/** A cluster within the test's own process: a simulated network, and a clock that can be turned. */
export class MemoryCluster implements Cluster {
  readonly workers: readonly string[]
  readonly network: MemoryNetwork
  readonly #clock: Clock
  readonly #random: Randomness
  readonly #comms: Readonly<Record<string, unknown>> | undefined
  readonly #roles = new Map<string, Role>()
  readonly #stalls = new Set<Timer>()
  #head: Head | undefined
  #closed: Promise<void> | undefined

  static async start(options: MemoryClusterOptions): Promise<MemoryCluster> {
    const cluster = new MemoryCluster(options)
    try {
      await cluster.#turning(cluster.#start())
    } catch (error) {
      await cluster.close()
      throw error
    }
    return cluster
  }

  private constructor({
    workers,
    seed = 1,
    latency = { min: 0, max: 0 },
    clock,
    comms,
  }: MemoryClusterOptions) {
    this.#clock = clock ?? systemClock
    this.#random = randomnessOf(seed)
    this.#comms = comms
    this.network = new MemoryNetwork({ clock: this.#clock, seed, latency })
    this.workers = workerUids(workers)
  }

  get head(): Runtime {
    return this.#started().runtime
  }

  get mesh(): Mesh {
    return this.#started().mesh
  }

  /** Any of the runtimes, for all are in this process. */
  runtime(uid: string): Runtime {
    return this.#role(uid).runtime
  }

  worker(index: number): string {
    return workerAt(this.workers, index)
  }

  output(): readonly string[] {
    return []
  }

  async kill(uid: string): Promise<void> {
    this.network.kill(uid)
    // It can't tell anybody any more; this only ends its timers.
    await this.#role(uid).runtime.comms.destroy()
  }

  stop(uid: string): void {
    this.#role(uid)
    this.network.freeze(uid)
  }

  continue(uid: string): void {
    this.#role(uid)
    this.network.resume(uid)
  }

  async stallLoop(uid: string, ms: number): Promise<void> {
    this.#role(uid)
    this.network.stall(uid)
    const timer = this.#clock.after(ms, () => {
      this.#stalls.delete(timer)
      this.network.resume(uid)
    })
    this.#stalls.add(timer)
  }

  partition(a: string, b: string): void {
    this.#role(a)
    this.#role(b)
    this.network.partition(a, b)
  }

  heal(): void {
    this.network.heal()
  }

  close(): Promise<void> {
    this.#closed ??= this.#turning(this.#close())
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(): Promise<void> {
    const monitor = await startMonitor(this.#spec(MONITOR, 'monitor'), this.#parts(MONITOR))
    this.#roles.set(MONITOR, monitor)
    const address = monitor.runtime.comms.address
    const join = async (uid: string): Promise<void> => {
      this.#roles.set(uid, await startWorker(this.#spec(uid, 'worker', address), this.#parts(uid)))
    }
    for (const uid of this.workers) await join(uid)
    const head = await startHead(this.#spec(HEAD, 'head', address), {}, this.#parts(HEAD))
    this.#roles.set(HEAD, head)
    this.#head = head
    await Promise.all(this.workers.map((uid) => head.runtime.waitFor(uid)))
  }

  #spec(uid: string, role: RuntimeSpec['role'], monitor?: string): RuntimeSpec {
    const comms = { clock: this.#clock, random: this.#random, ...this.#comms }
    return { uid, role, monitor, meshToken: 'token of a simulation', comms }
  }

  #parts(uid: string): RuntimeParts {
    return { transport: onlyMemory(this.network.transport(uid)), place: { host: 'simulated', process: uid } }
  }

  async #close(): Promise<void> {
    for (const timer of this.#stalls) timer.cancel()
    // What is frozen or cut off would be waited for.
    this.network.heal()
    for (const uid of this.#roles.keys()) this.network.resume(uid)
    await Promise.all(Array.from(this.#roles.values(), (role) => role.stop()))
    await this.network.close()
  }

  /** Resolves with `work`, for which time must pass. */
  async #turning<T>(work: Promise<T>): Promise<T> {
    const clock = this.#clock
    if (!(clock instanceof TurnedClock)) return work
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    work.then(settled, settled)
    while (!isSettled) await clock.advance(1)
    return work
  }

  #role(uid: string): Role {
    const role = this.#roles.get(uid)
    if (role !== undefined) return role
    throw misuse(`'${uid}' is none of ${[...this.#roles.keys()].join(', ')}`)
  }

  #started(): Head {
    if (this.#head === undefined) throw misuse('this cluster is not started')
    return this.#head
  }
}

/** Runtimes ask for the lanes that there are in the world; here there is another. */
function onlyMemory(transport: Transport): Transport {
  return {
    listen: (options, on) => transport.listen({ ...options, schemes: ['mem'] }, on),
    dial: (endpoint, options, on) => transport.dial(endpoint, options, on),
    probe: (endpoint, timeoutMs) => transport.probe(endpoint, timeoutMs),
    close: () => transport.close(),
  }
}

function randomnessOf(seed: number): Randomness {
  const random = seededRandom(seed)
  return { bytes: (n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256)) }
}
