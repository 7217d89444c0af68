import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LOST_GRACE_MS } from './process-contract.js'

/** A program, and its arguments before that which is the grace. */
type Command = readonly [program: string, ...args: string[]]

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** A shell is there at once, and small; where there is none, there is Node. */
const COMMANDS: readonly Command[] = [
  ['/bin/sh', path('../bin/reaper.sh')],
  [process.execPath, path('./reaper-main.js')],
]

/** In tenths of a second. */
const GRACE = String(LOST_GRACE_MS / 100)

/** How often one that somebody has killed is started anew. */
const MOST_RESTARTS = 5

/**
 * Sees to it that no job outlives this thread, whatever ends it, even one whose event loop is stuck: a process of its
 * own kills those that are left, `LOST_GRACE_MS` later. Whoever is not stuck sees by itself that it has lost its parent,
 * and has ended in order by then. The process is there as long as there are jobs, and keeps nothing alive.
 */
export class Reaper {
  readonly #commands: readonly Command[]
  readonly #pids = new Set<number>()
  #process: ChildProcess | undefined
  #restarts = 0

  /** @param commands those that do it, the best first: another is tried where one can not be started, or fails */
  constructor(commands = COMMANDS) {
    this.#commands = commands
  }

  /** Of the process that does it, where there is one. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  watch(pid: number): void {
    this.#pids.add(pid)
    if (this.#process === undefined) this.#start(this.#commands)
    else this.#process.stdin?.write(`+${pid}\n`)
  }

  /** To be called when it has ended: its id may be another's soon. */
  release(pid: number): void {
    this.#pids.delete(pid)
    const stdin = this.#process?.stdin
    if (this.#pids.size > 0) {
      stdin?.write(`-${pid}\n`)
      return
    }
    this.#process = undefined
    stdin?.end(`-${pid}\n`)
  }

  #start(commands: readonly Command[]): void {
    const [command, ...others] = commands
    if (command === undefined) return
    const started = spawned(command)
    if (started === undefined) return this.#start(others)
    this.#process = started
    for (const pid of this.#pids) started.stdin?.write(`+${pid}\n`)
    const goOn = (next: readonly Command[]): void => {
      if (this.#process !== started) return
      this.#process = undefined
      this.#start(next)
    }
    started.once('error', () => goOn(others))
    started.once('exit', (_, signal) => {
      const wasKilled = signal !== null && this.#restarts++ < MOST_RESTARTS
      goOn(wasKilled ? commands : others)
    })
  }
}

/** Undefined for a command that is none. */
function spawned([program, ...args]: Command): ChildProcess | undefined {
  try {
    const started = spawn(program, [...args, GRACE], {
      // It is to outlive whatever ends us, and needs no more of the environment, in which there may be secrets.
      detached: true,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
    })
    started.unref()
    if (started.stdin instanceof Socket) started.stdin.unref()
    started.stdin?.on('error', () => {}) // it has ended
    return started
  } catch {
    return undefined
  }
}
