import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

export interface Started {
  child: ChildProcessByStdio<Writable, Readable, null>
  /** The first line that it printed. */
  said: string
  /** The next line that it prints. */
  next(): Promise<string>
  /** Kills it, and resolves when it is gone. */
  end(): Promise<void>
}

/** Starts one of the programs in `fixtures/`, and resolves when it has printed a line. */
export async function started(program: string, ...args: string[]): Promise<Started> {
  const path = join(import.meta.dirname, 'fixtures', program)
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const next = async () => {
    const [line]: unknown[] = await once(lines, 'line')
    return String(line)
  }
  const exited = once(child, 'exit')
  return {
    child,
    said: await next(),
    next,
    end: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
