import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { StopOptions } from '@skein/core'
import type { Ending, LaunchEvents, Launched, Launcher, RuntimeSpec } from '@skein/runtime/internal'
import { Launching } from './launching.js'
import { careFor } from './live-threads.js'
import type { ToRuntime } from './messages.js'
import { fromJson, toJson } from './plain-json.js'
import { parseSpec } from './spec.js'
import type { ThreadStart } from './thread-contract.js'

export interface ThreadLauncherOptions {
  /**
   * The module that a thread runs.
   * @default bin/thread.mjs of this package
   */
  readonly main?: URL | undefined
}

/**
 * Starts runtimes as threads of this process. They reach each other by the cheapest lane, and share its fate: a thread
 * that never returns to its event loop can't be ended, except with the whole process.
 */
export class ThreadLauncher implements Launcher {
  readonly kind = 'thread'
  readonly #main: URL

  constructor({ main = new URL('../bin/thread.mjs', import.meta.url) }: ThreadLauncherOptions = {}) {
    this.#main = main
  }

  /** @throws ERR_INVALID_OPTION, ERR_INVALID_UID, ERR_NOT_SERIALISABLE: the spec is wrong; nothing was started */
  start(spec: RuntimeSpec, on: LaunchEvents): LocalThread {
    const parsed = parseSpec(spec)
    // A thread could be told more, but then a spec would do for the one launcher and not for the other.
    toJson(parsed)
    return new LocalThread(parsed, this.#main, on)
  }
}

export class LocalThread implements Launched {
  readonly uid: string
  readonly #launching: Launching
  readonly #worker: Worker | undefined
  readonly #port: MessagePort
  /** The worker forgets it when it ends. */
  readonly #threadId: number | undefined

  constructor(spec: RuntimeSpec, main: URL, on: LaunchEvents) {
    this.uid = spec.uid
    this.#launching = new Launching(spec.uid, on)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const start: ThreadStart = { spec, port: port2, sockets: new SharedArrayBuffer(4) }
    try {
      this.#worker = new Worker(main, {
        name: spec.uid,
        workerData: start,
        transferList: [port2],
        execArgv: [...(spec.execArgv ?? [])],
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

  get ready(): Promise<void> {
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
    this.#send({ kind: 'stop', drain: options.drain })
  }

  /** Ends it without farewell: to its peers it looks like a crash. As near to SIGKILL as a thread can get. */
  drop(): void {
    this.#send({ kind: 'drop' })
  }

  /** A thread has no signals. */
  signal(): false {
    return false
  }

  #send(message: ToRuntime): void {
    this.#port.postMessage(toJson(message))
  }

  #follow(worker: Worker, sockets: Int32Array): void {
    this.#launching.read('stdout', worker.stdout)
    this.#launching.read('stderr', worker.stderr)
    this.#port.on('message', (text: string) => this.#launching.message(fromJson(text)))
    // The worker keeps this process alive; the port alone must not.
    this.#port.unref()
    const released = careFor({ uid: this.uid, sockets, drop: () => this.drop() })
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

function closed(stream: Worker['stdout']): Promise<void> {
  if (stream.closed) return Promise.resolve()
  return new Promise((resolve) => stream.once('close', resolve))
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
