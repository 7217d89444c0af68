import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from '@jest/globals'

const PROGRAM = fileURLToPath(new URL('../fixtures/program.mjs', import.meta.url))

const programs: ChildProcess[] = []

afterEach(() => {
  for (const child of programs.splice(0)) child.kill('SIGKILL')
})

export interface Program {
  readonly child: ChildProcess
  /** What it has printed on stderr. */
  readonly stderr: readonly string[]
  /** Its next line on stdout, parsed as JSON. */
  told(): Promise<unknown>
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

/**
 * Runs `fixtures/program.mjs` with some code, in which `devices` is what the package exports. It is killed when the test is
 * over.
 */
export function runProgram(code: string, execArgv: readonly string[] = []): Program {
  const child = spawn(process.execPath, [...execArgv, PROGRAM, code], { stdio: ['ignore', 'pipe', 'pipe'] })
  programs.push(child)
  const stderr: string[] = []
  child.stderr.on('data', (chunk) => stderr.push(String(chunk)))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    stderr,
    ended: once(child, 'close').then(([code, signal]) => [code, signal] as const),
    async told() {
      const { value } = await lines.next()
      return JSON.parse(value ?? 'null')
    },
  }
}

/** The children of a process that run. */
export function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** Whether a process runs. One that has ended and waits to be collected doesn't. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
