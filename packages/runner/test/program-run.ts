import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fixture } from './starting.js'

export interface ProgramRun {
  readonly child: ChildProcess
  /** What it has printed on stderr. */
  readonly stderr: string[]
  /** Its next line on stdout, parsed as JSON. */
  told(): Promise<unknown>
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

export interface ProgramOptions {
  /** How many files it may have open. @default as many as we */
  readonly files?: number
}

/** Runs `fixtures/program.mjs` with some code: a process that starts jobs, and may be killed. */
export function runProgramWith(code: string, { files }: ProgramOptions = {}): ProgramRun {
  const limited = files === undefined ? 'exec "$@"' : `ulimit -n ${files} && exec "$@"`
  const args = ['-c', limited, 'sh', process.execPath, fileURLToPath(fixture('program.mjs')), code]
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] })
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

/** Whether a process runs. One that has ended and waits to be collected doesn't. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
