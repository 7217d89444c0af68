import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { StopOptions } from '@skein/core'
import type { Ending, Job, Run, RunEvents } from './job.js'
import { KeepAlive } from './keep-alive.js'
import { Launching } from './launching.js'
import { careFor } from './live-threads.js'
import type { ToJob } from './messages.js'
import { fromJson, toJson } from './plain-json.js'
import type { ThreadStart } from './thread-contract.js'

/**
 * Starts a job as a thread of this process, also from a thread. It shares the process's fate: a thread that never
 * returns to its event loop can't be ended, except with the whole process.
 *
 * @throws ERR_NOT_SERIALISABLE if its spec is no plain value; nothing was started then
 */
export function runInThread(job: Job, on: RunEvents): ThreadRun {
  return new ThreadRun(job, on)
}

/** A job in a thread of its own. */
export class ThreadRun implements Run {
  readonly name: string
  readonly #launching: Launching
  readonly #worker: Worker | undefined
  readonly #port: MessagePort
  readonly #keepAlive: KeepAlive
  /** The worker forgets it when it ends. */
  readonly #threadId: number | undefined

  constructor({ name, main, spec, execArgv = [], facts }: Job, on: RunEvents) {
    this.name = name
    const encoded = toJson(spec)
    this.#launching = new Launching({ name, facts }, on)
    const stop = () => this.stop()
    this.#keepAlive = new KeepAlive({ ended: this.ended, stop, hold: (isHeld) => this.#hold(isHeld) })
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const start: ThreadStart = { spec: encoded, port: port2, sockets: new SharedArrayBuffer(4) }
    try {
      this.#worker = new Worker(main, {
        name,
        workerData: start,
        transferList: [port2],
        execArgv: [...execArgv],
        stdout: true,
        stderr: true,
      })
    } catch (error) {
      port1.close()
      this.#launching.fail(error)
      return
    }
    this.#threadId = this.#worker.threadId
    this.#follow(this.#worker, new Int32Array(start.sockets))
  }

  get ready(): Promise<unknown> {
    return this.#launching.ready
  }

  get ended(): Promise<Ending> {
    return this.#launching.ended
  }

  describe(): string {
    if (this.#threadId === undefined) return 'a thread that could not be started'
    return `thread ${this.#threadId} of process ${process.pid}`
  }

  stop(options: StopOptions = {}): void {
    this.#tell({ kind: 'stop', drain: options.drain })
  }

  /** Ends it without farewell: to its peers it looks like a crash. As near to SIGKILL as a thread can get. */
  drop(): void {
    this.#tell({ kind: 'drop' })
  }

  send(message: unknown): void {
    this.#tell({ kind: 'message', message })
  }

  /** A thread has no signals. */
  signal(): false {
    return false
  }

  ref(): void {
    this.#keepAlive.ref()
  }

  unref(): void {
    this.#keepAlive.unref()
  }

  #tell(message: ToJob): void {
    this.#port.postMessage(toJson(message))
  }

  #hold(isHeld: boolean): void {
    if (isHeld) this.#worker?.ref()
    else this.#worker?.unref()
  }

  #follow(worker: Worker, sockets: Int32Array): void {
    for (const name of ['stdout', 'stderr'] as const) {
      holdNothing(worker[name])
      this.#launching.read(name, worker[name])
    }
    this.#port.on('message', (text: string) => this.#launching.message(fromJson(text)))
    // The worker keeps this process alive; the port alone must not.
    this.#port.unref()
    const released = careFor({ name: this.name, sockets, drop: () => this.drop() })
    // It could not load its code: later errors are caught inside.
    worker.on('error', (error) => {
      for (const line of textOf(error).split('\n')) this.#launching.line('stderr', line)
    })
    worker.once('exit', (code) => {
      released()
      void Promise.all([closed(worker.stdout), closed(worker.stderr)]).then(() => this.#end(code))
    })
  }

  #end(code: number): void {
    for (let left = receiveMessageOnPort(this.#port); left; left = receiveMessageOnPort(this.#port)) {
      this.#launching.message(fromJson(left.message))
    }
    this.#port.close()
    this.#launching.end({ code, signal: null })
  }
}

/**
 * Reading what a thread prints would keep this one alive, whatever `worker.unref` says, and nothing that Node documents
 * turns that off. Node itself does it so, for output that nobody has asked to read.
 */
function holdNothing(stream: Worker['stdout']): void {
  const counted = Object.getOwnPropertySymbols(stream).find(
    ({ description }) => description === 'kIncrementsPortRef',
  )
  if (counted !== undefined) Reflect.set(stream, counted, false)
}

function closed(stream: Worker['stdout']): Promise<void> {
  if (stream.closed) return Promise.resolve()
  return new Promise((resolve) => stream.once('close', resolve))
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
