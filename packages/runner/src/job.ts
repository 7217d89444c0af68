import type { Writable } from 'node:stream'
import type { ErrorFacts, StopOptions } from '@skein/core'

/** A module that is to run on its own. */
export interface Job {
  /** For people: in the title of its process, and in what errors say of it. */
  readonly name: string
  /** What is run: a module that calls `processMain` or `threadMain`. */
  readonly main: URL
  /** What it must know: plain values. No other process and no user's code gets to see it. */
  readonly spec: unknown
  /**
   * Options for node itself, such as `--import tsx`.
   * @default none
   */
  readonly execArgv?: readonly string[] | undefined
  /**
   * What an ERR_LAUNCH carries beside its reason.
   * @default nothing
   */
  readonly facts?: ErrorFacts | undefined
}

export interface ProcessJob extends Job {
  /** @default 'ignore' */
  readonly stdin?: 'ignore' | 'inherit' | undefined
  /**
   * Where standard output goes: by lines to `RunEvents`, to this process's own, or byte by byte to a stream, which is
   * not ended.
   * @default 'lines'
   */
  readonly stdout?: 'lines' | 'inherit' | Writable | undefined
}

/** How a run ended. */
export interface Ending {
  /** Exit code, or null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
}

export interface RunEvents {
  /** A line that it printed, without its end. */
  line(stream: 'stdout' | 'stderr', text: string): void
  /** Something that it told, apart from what it printed: a plain value. In the order told, before it has ended. */
  report(report: unknown): void
}

/** A job that was started. */
export interface Run {
  readonly name: string
  /** For people: `process 4711`, `thread 3 of process 4710`. */
  describe(): string
  /**
   * Resolves when it says that it is ready, with the plain value that it says then. Rejects when it has ended before:
   * with the SkeinError that it threw (code, message and facts), otherwise with ERR_LAUNCH, which quotes its last lines
   * of stderr.
   */
  readonly ready: Promise<unknown>
  /** Resolves when it has ended, however it did, and all that it printed was read. Never rejects. */
  readonly ended: Promise<Ending>
  /** For a process, its id, once it has one. */
  readonly pid?: number | undefined
  /**
   * Asks it to end in order. Does nothing once it has ended.
   *
   * @param options.drain milliseconds that what runs may take to end @default 0
   */
  stop(options?: StopOptions): void
  /**
   * Tells it something, in order with what was told before; kept for it until it listens. Does nothing once it has ended.
   *
   * @throws ERR_NOT_SERIALISABLE for what is no plain value
   */
  send(message: unknown): void
  /**
   * A process can be sent a signal; SIGKILL ends what it has started itself as well, which would have no owner. False
   * where that can't be done: a thread, or one that has ended.
   */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean
  /** It keeps this thread's event loop alive, as it does from its start. */
  ref(): void
  /**
   * It keeps nobody alive: once nothing else does, it is asked to end, and this thread ends when it has. Whoever awaits
   * `ready` of such a run awaits it with an empty event loop.
   */
  unref(): void
}
