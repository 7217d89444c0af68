import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { StopOptions } from '@skein/core'
import { killGroup } from './end-group.js'
import type { Ending, ProcessJob, Run, RunEvents } from './job.js'
import { KeepAlive } from './keep-alive.js'
import { Launching } from './launching.js'
import type { ToJob } from './messages.js'
import { PipeChannel } from './pipe-channel.js'
import { toJson } from './plain-json.js'
import { JOB_VARIABLE } from './process-contract.js'
import { Reaper } from './reaper.js'

/**
 * How long its output is read after a process has ended, in milliseconds. What it wrote itself is there at once; this is
 * for processes of its own that print to the same pipes, and may outlive it.
 */
const OUTPUT_GRACE_MS = 500

const reaper = new Reaper()

/**
 * Starts a job as a child process. It ends when this process does, whatever ends it.
 *
 * @throws ERR_NOT_SERIALISABLE if its spec is no plain value; nothing was started then
 */
export function runInProcess(job: ProcessJob, on: RunEvents): ProcessRun {
  return new ProcessRun(job, on)
}

/** A job in a process of its own. */
export class ProcessRun implements Run {
  readonly name: string
  readonly #launching: Launching
  readonly #child: ChildProcess | undefined
  readonly #keepAlive: KeepAlive
  #channel: PipeChannel | undefined
  #isHeld = true

  constructor(job: ProcessJob, on: RunEvents) {
    this.name = job.name
    this.#launching = new Launching(job, on)
    const stop = () => this.stop()
    this.#keepAlive = new KeepAlive({ ended: this.ended, stop, hold: (isHeld) => this.#hold(isHeld) })
    const { name, spec } = job
    const encoded = toJson({ name, spec })
    try {
      this.#child = spawnJob(encoded, job)
    } catch (error) {
      this.#launching.fail(error)
      return
    }
    this.#follow(this.#child, job.stdout)
  }

  get ready(): Promise<unknown> {
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
    this.#tell({ kind: 'stop', drain: options.drain })
  }

  send(message: unknown): void {
    this.#tell({ kind: 'message', message })
  }

  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return false
    return (signal === 'SIGKILL' && killGroup(this.pid)) || child.kill(signal)
  }

  ref(): void {
    this.#keepAlive.ref()
  }

  unref(): void {
    this.#keepAlive.unref()
  }

  #tell(message: ToJob): void {
    this.#channel?.send(message)
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    const pipes = streamsOf(this.#child).filter((stream) => stream instanceof Socket)
    for (const handle of [this.#child, ...pipes]) {
      if (isHeld) handle?.ref()
      else handle?.unref()
    }
  }

  #follow(child: ChildProcess, output: ProcessJob['stdout']): void {
    const [, stdout, stderr, channel] = streamsOf(child)
    if (stdout instanceof Socket) {
      if (output instanceof Writable) pour(child, stdout, output)
      else this.#launching.read('stdout', stdout)
    }
    if (stderr instanceof Socket) this.#launching.read('stderr', stderr)
    if (channel instanceof Socket) {
      this.#channel = new PipeChannel(channel, { message: (message) => this.#launching.message(message) })
    }

    child.on('error', (error) => {
      // Also raised for a signal that could not be sent, and then it does run.
      if (child.pid === undefined) this.#launching.fail(error)
    })
    const { pid } = child
    if (pid !== undefined) {
      reaper.watch(pid)
      child.once('exit', () => reaper.release(pid))
    }
    child.once('exit', () => stopReadingLater(child, () => this.#isHeld))
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) this.#launching.end({ code, signal })
    })
  }
}

/** Node has none for a process that could not be started since no file could be opened. */
function streamsOf(child: ChildProcess | undefined): readonly ChildProcess['stdio'][number][] {
  return child?.stdio ?? []
}

/** What nobody takes any more is read all the same: otherwise the process would wait for that, and we for its end. */
function pour(child: ChildProcess, stdout: Socket, output: Writable): void {
  const onUnpipe = (source: unknown): void => {
    if (source === stdout) stdout.resume()
  }
  output.on('unpipe', onUnpipe)
  stdout.pipe(output, { end: false })
  child.once('close', () => {
    stdout.unpipe(output)
    output.off('unpipe', onUnpipe)
  })
}

function spawnJob(
  encoded: string,
  { main, execArgv = [], stdin = 'ignore', stdout = 'lines' }: ProcessJob,
): ChildProcess {
  return spawn(process.execPath, [...execArgv, fileURLToPath(main)], {
    env: { ...process.env, [JOB_VARIABLE]: encoded },
    stdio: [stdin, stdout === 'inherit' ? 'inherit' : 'pipe', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in a terminal reaches whoever started the first of them, and it stops the
    // others in order. And the group can be ended, with whatever the user's code has started in it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
}

/**
 * All that the ended process itself wrote is read in the next round of the event loop, for a pipe holds less than what
 * one round reads. So the timer's callback, and a round after it, are enough even if this process was busy meanwhile;
 * but not while the output goes to somebody who is slow to take it.
 */
function stopReadingLater(child: ChildProcess, isHeld: () => boolean): void {
  const stop = (): void => {
    if (child.stdout?.isPaused()) timer = later()
    else for (const stream of streamsOf(child)) stream?.destroy()
  }
  const look = (): void => void setImmediate(stop)
  const later = () => {
    const timer = setTimeout(look, OUTPUT_GRACE_MS)
    return isHeld() ? timer : timer.unref()
  }
  let timer = later()
  child.once('close', () => clearTimeout(timer))
}
