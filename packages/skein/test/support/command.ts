import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventually } from '@skein/test-harness'

const BIN = fileURLToPath(new URL('../../bin/skein.js', import.meta.url))

/** Everything that a command starts inherits this variable, and is known by it whoever its parent is by then. */
const MARK = 'SKEIN_TEST_COMMAND'

/** Where the tests themselves run decides nothing about colours: these are what Node asks about a terminal. */
const OWN_TERMINAL = {
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  NODE_DISABLE_COLORS: undefined,
  CI: undefined,
  TEAMCITY_VERSION: undefined,
  TERM_PROGRAM: undefined,
  COLORTERM: undefined,
  TMUX: undefined,
  TERM: 'xterm-256color',
}

let commands = 0

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What is piped into it. @default nothing */
  readonly input?: string
  /** Runs it on a terminal of so many columns; there standard error is mixed into the output. */
  readonly columns?: number
}

/** A `skein` command that runs. */
export class Command {
  readonly #child: ChildProcess
  readonly #mark = `${process.pid}-${commands++}`
  readonly #stdout: Buffer[] = []
  readonly #stderr: Buffer[] = []
  readonly #ended: Promise<unknown>

  constructor(args: readonly string[], { env, input = '', columns }: CommandOptions = {}) {
    const [program, rest] =
      columns === undefined ? [process.execPath, [BIN, ...args]] : onTerminal(args, columns)
    this.#child = spawn(program, rest, {
      env: { ...process.env, ...OWN_TERMINAL, ...env, [MARK]: this.#mark },
      stdio: 'pipe',
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk))
    this.#child.stdin?.on('error', () => {}).end(input)
    this.#ended = once(this.#child, 'close')
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString()
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString()
  }

  /** Resolves when it has printed this. */
  printed(text: string): Promise<unknown> {
    return eventually(() => this.stdout.includes(text), { message: `'${text}' to be printed` })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Nobody reads its standard output any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
  }

  async outcome(): Promise<Outcome> {
    await this.#ended
    const { exitCode: status } = this.#child
    return { status, stdout: this.stdout, stderr: this.stderr }
  }

  /** The processes that it has started, and those that they have, itself included, as far as they run. */
  running(): number[] {
    const wanted = `${MARK}=${this.#mark}`
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && environmentOf(entry).includes(wanted))
      .map(Number)
  }
}

/** Runs a command to its end. */
export function skein(args: readonly string[], options?: CommandOptions): Promise<Outcome> {
  return new Command(args, options).outcome()
}

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

/** The terminal is one of util-linux's `script`. */
function onTerminal(args: readonly string[], columns: number): [string, string[]] {
  const words = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ')
  return ['script', ['-qec', `stty cols ${columns}; ${words}`, '/dev/null']]
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    // It has ended, or is somebody else's.
    return []
  }
}
