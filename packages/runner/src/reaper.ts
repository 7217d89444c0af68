import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LOST_GRACE_MS } from './process-contract.js'

/** A program, and its arguments before that which is the grace in seconds. */
type Command = readonly [program: string, ...args: string[]]

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** The first needs a hundredth of what Node does. */
const COMMANDS: readonly Command[] = [
  ['/bin/sh', path('../bin/reaper.sh')],
  [process.execPath, path('./reaper-main.js')],
]

/**
 * Sees to it that no job outlives this thread, whatever ends it, even one whose event loop is stuck: a process of its
 * own kills those that are left, `LOST_GRACE_MS` later. Whoever is not stuck sees by itself that it has lost its parent,
 * and has ended in order by then. The process is there as long as there are jobs, and keeps nothing alive.
 */
export class Reaper {
  readonly #commands: readonly Command[]
  readonly #pids = new Set<number>()
  #process: ChildProcess | undefined

  /** @param commands those that do it, the best first; another is tried where one can not be started */
  constructor(commands = COMMANDS) {
    this.#commands = commands
  }

  /** Undefined while there are no jobs. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  watch(pid: number): void {
    this.#pids.add(pid)
    if (this.#process === undefined) this.#start(this.#commands)
    else this.#process.stdin?.write(`+${pid}\n`)
  }

  /** To be called when it has ended: its id may be another's now. Nothing is left of the last one when it resolves. */
  async release(pid: number): Promise<void> {
    this.#pids.delete(pid)
    const running = this.#process
    if (this.#pids.size > 0) running?.stdin?.write(`-${pid}\n`)
    else if (running !== undefined) {
      this.#process = undefined
      running.ref()
      running.stdin?.end(`-${pid}\n`)
      if (running.exitCode === null && running.signalCode === null) await once(running, 'exit')
    }
  }

  #start([command, ...others]: readonly Command[]): void {
    if (command === undefined) return
    const [program, ...args] = command
    const started = spawn(program, [...args, String(LOST_GRACE_MS / 1000)], {
      // It is to outlive whatever ends us, and a shell needs no more of the environment, in which there may be secrets.
      detached: true,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
    })
    this.#process = started
    started.unref()
    if (started.stdin instanceof Socket) started.stdin.unref()
    started.stdin?.on('error', () => {}) // it has ended
    for (const pid of this.#pids) started.stdin?.write(`+${pid}\n`)
    const over = (): boolean => {
      if (this.#process !== started) return false
      this.#process = undefined
      return true
    }
    // Should somebody kill it, there is another with the next job.
    started.once('exit', over)
    started.once('error', () => {
      if (over()) this.#start(others)
    })
  }
}
