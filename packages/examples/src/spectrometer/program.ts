import assert from 'node:assert'
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { on, once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'

/** One of the programs, in a process of its own. What it says is printed with its role before it. */
export class Program {
  readonly #role: string
  readonly #child: ChildProcess
  readonly #lines: Interface
  /** Resolves with its exit status, or null if a signal ended it, when all that it said was read. */
  readonly ended: Promise<number | null>

  constructor(main: URL, role: string, address: string) {
    this.#role = role
    // Over the ipc channel nothing is said. It ends with this process, whatever ends that, and so the program ends, too.
    // Detached, since Ctrl-C would otherwise interrupt all of them at once, and not this process alone.
    const stdio = ['pipe', 'pipe', 'inherit', 'ipc'] satisfies StdioOptions
    this.#child = fork(main, [role, address], { stdio, detached: true })
    // What is typed at one that has ended is lost.
    this.#child.stdin?.on('error', () => {})
    assert(this.#child.stdout)
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#lines.on('line', (line) => console.log(`${role.padEnd(10)} | ${line}`))
    this.ended = once(this.#child, 'close').then(([status]) => status)
  }

  /** Resolves with what the group of a pattern matches, in a line that it says from now on. */
  async says(pattern: RegExp): Promise<string> {
    for await (const [line] of on(this.#lines, 'line', { close: ['close'] })) {
      const said = pattern.exec(String(line))?.[1]
      if (said !== undefined) return said
    }
    throw new Error(`the ${this.#role} has ended before it said ${pattern}`)
  }

  type(...lines: readonly string[]): void {
    for (const line of lines) this.#child.stdin?.write(`${line}\n`)
  }

  /** No more is typed. */
  typed(): Promise<number | null> {
    this.#child.stdin?.end()
    return this.ended
  }

  end(): Promise<number | null> {
    this.#child.kill()
    return this.ended
  }
}
