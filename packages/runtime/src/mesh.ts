import { type PeerChange, type PeerReport, type RequestOptions, SkeinError } from '@skein/core'
import { EventEmitter } from 'eventemitter3'
import type { Constructor, CreateOptions, CreateTarget } from './creation.js'
import { isLive } from './directory.js'
import { liveWorkers } from './live-workers.js'
import { openPool, type PoolOptions } from './open-pool.js'
import { anything, checkCount, checkNumber, checkOptions, timeLimit } from './options.js'
import type { Pool } from './pool.js'
import { withOptions } from './proxy.js'
import type { Remote, RemoteObject } from './remote.js'
import { NODE, type NodeService } from './roles/node.js'
import type { Runtime } from './runtime.js'
import { PEER_EVENTS, type PeerEvents } from './runtime-events.js'

export interface Progress {
  readonly done: number
  readonly total: number
  readonly text: string | undefined
}

export interface MeshOptions {
  /** Shows how far the program has got. @default nobody is told */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The mesh tells what the program's own runtime tells of its peers. */
export type MeshEvents = PeerEvents

/** Milliseconds. */
const DEFAULT_WAIT = 30_000

/** The mesh, as a program sees it that runs on it. */
export class Mesh extends EventEmitter<MeshEvents> {
  /** The program's own member of the mesh: to expose services, share objects, add middleware. */
  readonly runtime: Runtime
  readonly #options: MeshOptions

  constructor(runtime: Runtime, options: MeshOptions = {}) {
    super()
    this.runtime = runtime
    this.#options = options
    for (const event of ['peer', ...Object.values(PEER_EVENTS)] as const)
      runtime.on(event, (change) => this.emit(event, change))
  }

  /** The uids of the workers that are there now. */
  get workers(): readonly string[] {
    return liveWorkers(this.runtime)
  }

  /**
   * Resolves with the uids of the workers as soon as there are so many.
   *
   * @param options.timeout milliseconds @default 30 000
   * @throws ERR_INVALID_OPTION, ERR_TIMEOUT, ERR_CLOSED
   */
  waitForWorkers(
    count: number,
    options: { readonly timeout?: number | undefined } = {},
  ): Promise<readonly string[]> {
    checkCount('count', count)
    const { timeout = DEFAULT_WAIT } = checkOptions(options, { timeout: timeLimit })
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel()
        this.runtime.off('peer', look)
        this.runtime.off('close', ended)
        settle()
      }
      const look = (): void => {
        const { workers } = this
        if (workers.length >= count) end(() => resolve(workers))
      }
      const late = (): void => {
        const text = `${this.workers.length} of ${count} workers were there within ${timeout} ms`
        end(() => reject(new SkeinError('ERR_TIMEOUT', text, { timeoutMs: timeout })))
      }
      const ended = (): void => end(() => reject(new SkeinError('ERR_CLOSED', 'this runtime was stopped')))
      const timer = this.runtime.clock.after(timeout, late)
      this.runtime.on('peer', look)
      this.runtime.on('close', ended)
      look()
    })
  }

  /** Everyone that is known, and how they are. See `Runtime.peers`. */
  peers(): PeerReport[] {
    return this.runtime.peers()
  }

  /** Resolves once a peer is dead or has left. See `Runtime.watch`. */
  watch(uid: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<PeerChange> {
    return this.runtime.watch(uid, options)
  }

  /** Creates an object of a class on every worker, to spread work over them. See `Pool`. */
  pool<C extends Constructor>(Class: C, options: PoolOptions<C>): Promise<Pool<InstanceType<C>>> {
    return openPool(this.runtime, Class, options)
  }

  /** Creates an object on one worker. See `Runtime.create`. */
  create<C extends Constructor>(
    Class: C,
    options: CreateOptions<C> & CreateTarget,
  ): Promise<RemoteObject<InstanceType<C>>> {
    return this.runtime.create(Class, options)
  }

  /** A stand-in for a service of a runtime. See `Runtime.proxy`. */
  proxy<T extends object>(uid: string, service: string): Remote<T> {
    return this.runtime.proxy(uid, service)
  }

  /** A proxy with other options. See `withOptions`. */
  withOptions<R extends object>(proxy: R, options: RequestOptions): R {
    return withOptions(proxy, options)
  }

  /**
   * Starts more workers, and resolves with their uids once they are linked.
   *
   * @param options.node the node to start them on @default the first
   * @throws ERR_LAUNCH, ERR_NO_SUCH_PEER if there is no node
   */
  async spawn(
    count: number,
    options: { readonly node?: string | undefined } = {},
  ): Promise<readonly string[]> {
    checkOptions(options, { node: anything })
    const nodes = this.runtime.peers().filter((peer) => isLive(peer) && peer.roles.includes('node'))
    const node = options.node ?? nodes[0]?.uid
    if (node === undefined) throw new SkeinError('ERR_NO_SUCH_PEER', 'there is no node to start workers on')
    const service = withOptions(this.proxy<NodeService>(node, NODE), { timeout: Number.POSITIVE_INFINITY })
    const uids = await service.start(count)
    await Promise.all(uids.map((uid) => this.runtime.waitFor(uid)))
    return uids
  }

  /**
   * Tells whoever watches the program how far it has got.
   *
   * @throws ERR_INVALID_OPTION
   */
  progress(done: number, total: number, text?: string): void {
    checkNumber('done', done)
    checkNumber('total', total)
    this.#options.onProgress?.({ done, total, text })
  }
}
