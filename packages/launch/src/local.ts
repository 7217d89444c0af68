import { type ChildProcess, spawn } from 'node:child_process'
import { Duplex, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { StopOptions } from '@skein/core'
import type { Ending, LaunchEvents, Launched, Launcher, RuntimeSpec } from '@skein/runtime/internal'
import { killGroup } from './end-group.js'
import { Launching } from './launching.js'
import type { ToRuntime } from './messages.js'
import { PipeChannel } from './pipe-channel.js'
import { toJson } from './plain-json.js'
import { CHANNEL_FD, LIFELINE_FD, SPEC_VARIABLE } from './process-contract.js'
import { parseSpec } from './spec.js'

/**
 * How long its output is read after a process has ended, in milliseconds. What it wrote itself is there at once; this is
 * for processes of its own that print to the same pipes, and may outlive it.
 */
const OUTPUT_GRACE_MS = 500

export interface LocalLauncherOptions {
  /**
   * The module that a child runs.
   * @default bin/runtime.mjs of this package
   */
  readonly main?: URL | undefined
  /** @default 'ignore' */
  readonly stdin?: 'ignore' | 'inherit' | undefined
  /**
   * Where standard output goes: by lines to `LaunchEvents`, to this process's own, or byte by byte to a stream, which is
   * not ended.
   * @default 'lines'
   */
  readonly stdout?: 'lines' | 'inherit' | Writable | undefined
}

/** Starts runtimes as child processes on this machine. They end when this process does, whatever ends it. */
export class LocalLauncher implements Launcher {
  readonly kind = 'local'
  readonly #options: Required<LocalLauncherOptions>

  constructor(options: LocalLauncherOptions = {}) {
    const { main, stdin = 'ignore', stdout = 'lines' } = options
    this.#options = { main: main ?? new URL('../bin/runtime.mjs', import.meta.url), stdin, stdout }
  }

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_NOT_SERIALISABLE: the spec is wrong; nothing was started */
  start(spec: RuntimeSpec, on: LaunchEvents): LocalProcess {
    return new LocalProcess(parseSpec(spec), this.#options, on)
  }
}

export class LocalProcess implements Launched {
  readonly uid: string
  readonly #launching: Launching
  readonly #child: ChildProcess | undefined
  #channel: PipeChannel | undefined

  constructor(spec: RuntimeSpec, options: Required<LocalLauncherOptions>, on: LaunchEvents) {
    this.uid = spec.uid
    this.#launching = new Launching(spec.uid, on)
    const encoded = toJson(spec)
    try {
      this.#child = spawnRuntime(encoded, spec.execArgv ?? [], options)
    } catch (error) {
      this.#launching.fail(error)
      return
    }
    this.#follow(this.#child, options.stdout)
  }

  get ready(): Promise<void> {
    return this.#launching.ready
  }

  get ended(): Promise<Ending> {
    return this.#launching.ended
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  describe(): string {
    return this.pid === undefined ? 'a process that could not be started' : `process ${this.pid}`
  }

  stop(options: StopOptions = {}): void {
    this.#channel?.send({ kind: 'stop', drain: options.drain } satisfies ToRuntime)
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return false
    return (signal === 'SIGKILL' && killGroup(this.pid)) || child.kill(signal)
  }

  #follow(child: ChildProcess, output: Required<LocalLauncherOptions>['stdout']): void {
    const [, stdout, stderr, channel, lifeline] = child.stdio
    if (stdout instanceof Duplex) {
      if (output instanceof Writable) stdout.pipe(output, { end: false })
      else this.#launching.read('stdout', stdout)
    }
    if (stderr instanceof Duplex) this.#launching.read('stderr', stderr)
    if (channel instanceof Duplex) {
      this.#channel = new PipeChannel(channel, { message: (message) => this.#launching.message(message) })
    }
    // Nothing ever comes over it. It is read so that its end is seen, and the child counts as closed.
    if (lifeline instanceof Duplex) lifeline.on('error', () => {}).resume()

    child.on('error', (error) => {
      // Also raised for a signal that could not be sent, and then it does run.
      if (child.pid === undefined) this.#launching.fail(error)
    })
    child.once('exit', () => stopReadingLater(child))
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) this.#launching.end({ code, signal })
    })
  }
}

function spawnRuntime(
  encoded: string,
  execArgv: readonly string[],
  { main, stdin, stdout }: Required<LocalLauncherOptions>,
): ChildProcess {
  const stdio: 'pipe'[] = []
  stdio[CHANNEL_FD] = 'pipe'
  stdio[LIFELINE_FD] = 'pipe'
  return spawn(process.execPath, [...execArgv, fileURLToPath(main)], {
    env: { ...process.env, [SPEC_VARIABLE]: encoded },
    stdio: [stdin, stdout === 'inherit' ? 'inherit' : 'pipe', 'pipe', ...stdio.slice(CHANNEL_FD)],
    // A process group of its own: Ctrl-C in a terminal reaches whoever started the mesh, and it stops the others in
    // order. And the child's lifeline can end the group, with whatever the user's code has started in it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
}

/**
 * All that the ended process itself wrote is read in the next round of the event loop, for a pipe holds less than what
 * one round reads. So the timer's callback, and a round after it, are enough even if this process was busy meanwhile;
 * but not while the output goes to somebody who is slow to take it.
 */
function stopReadingLater(child: ChildProcess): void {
  const stop = (): void => {
    if (child.stdout?.isPaused()) timer = setTimeout(look, OUTPUT_GRACE_MS)
    else for (const stream of child.stdio) stream?.destroy()
  }
  const look = (): void => void setImmediate(stop)
  let timer = setTimeout(look, OUTPUT_GRACE_MS)
  child.once('close', () => clearTimeout(timer))
}
