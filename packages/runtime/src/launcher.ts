import type { StopOptions } from '@skein/core'

/**
 * How runtimes are started: one interface, whatever they are started with. The implementations are in the package
 * `launch`; the node role is handed one, and knows no more than this.
 */

/** What a runtime that is to be started must know. Plain values only: it travels to a process of its own. */
export interface RuntimeSpec {
  readonly uid: string
  readonly role: 'monitor' | 'node' | 'worker' | 'head'
  /** Where the monitor listens; undefined for the monitor itself. */
  readonly monitor?: string | undefined
  readonly meshToken: string
  /** Options for its CommsManager, those that are plain values: `bind`, `port`, `transports`, `liveness`… */
  readonly comms?: Readonly<Record<string, unknown>> | undefined
  /** What only its role knows: the script of a head, the launcher and workers of a node. */
  readonly roleOptions?: Readonly<Record<string, unknown>> | undefined
  /**
   * Milliseconds that what runs may take to end when the runtime is told to: by a signal, or by a peer.
   * @default 10 000
   */
  readonly drain?: number | undefined
  /**
   * Whether it reports where its event loop is stuck: see `RuntimeOptions.stallReports`. The workers of a node have it
   * from their node.
   * @default false
   */
  readonly stallReports?: boolean | undefined
  /** Options for node itself, such as `--import tsx`. */
  readonly execArgv?: readonly string[] | undefined
}

/** How a runtime ended. */
export interface Ending {
  /** Exit code, or null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
}

export interface LaunchEvents {
  /** A line that it printed, without its end. */
  line(stream: 'stdout' | 'stderr', text: string): void
  /** Something that it told whoever started it, apart from what it printed: plain values. */
  report(report: unknown): void
}

/** A runtime that was started. */
export interface Launched {
  readonly uid: string
  /** For people: `process 4711`, `thread 3 of process 4710`. */
  describe(): string
  /** Resolves when it says that it is ready; rejects with ERR_LAUNCH if it ends before, with its last lines of stderr. */
  readonly ready: Promise<void>
  /** Resolves when it has ended, however it did. Never rejects. */
  readonly ended: Promise<Ending>
  /** For a process, its id, once it has one. */
  readonly pid?: number | undefined
  /**
   * Asks it to end. Does nothing once it has ended.
   *
   * @param options.drain milliseconds that what runs may take to end @default 0
   */
  stop(options?: StopOptions): void
  /**
   * A process can be sent a signal; SIGKILL ends what it has started itself as well, which would have no owner. False
   * where that can't be done: a thread, or one that has ended.
   */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean
}

export interface Launcher {
  readonly kind: string
  start(spec: RuntimeSpec, on: LaunchEvents): Launched
}
