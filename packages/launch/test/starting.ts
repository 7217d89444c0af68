import type { LaunchEvents, Launched, RuntimeSpec } from '@skein/runtime/internal'
import { LocalLauncher } from '../src/local.js'
import { ThreadLauncher } from '../src/thread.js'

/** Unlike anything else, so that it can be searched for. */
export const TOKEN = 'token-HxW2kfD9Qv'

export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url)

export const local = new LocalLauncher({ main: fixture('process.mjs') })
export const thread = new ThreadLauncher({ main: fixture('thread.mjs') })

export interface Started<L> {
  readonly launched: L
  readonly stdout: string[]
  readonly stderr: string[]
  readonly reports: unknown[]
}

/** Starts a worker of the fixtures' fake role: it has open sockets, and runs `code` with `comms` and `report`. */
export function start<L extends Launched>(
  launcher: { start(spec: RuntimeSpec, on: LaunchEvents): L },
  code = '',
  spec: Partial<RuntimeSpec> = {},
): Started<L> {
  const stdout: string[] = []
  const stderr: string[] = []
  const reports: unknown[] = []
  const launched = launcher.start(specOf({ roleOptions: { code }, ...spec }), {
    line: (stream, text) => (stream === 'stdout' ? stdout : stderr).push(text),
    report: (report) => reports.push(report),
  })
  return { launched, stdout, stderr, reports }
}

export function specOf(spec: Partial<RuntimeSpec> = {}): RuntimeSpec {
  return { uid: 'worker:0:1', role: 'worker', monitor: 'tcp://127.0.0.1:9', meshToken: TOKEN, ...spec }
}
