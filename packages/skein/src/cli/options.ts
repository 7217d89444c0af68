import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InvalidArgumentError } from 'commander'

export const LAUNCHERS = ['local', 'thread'] as const

/** What `skein run` was told. */
export interface RunOptions {
  /** The program's URL. */
  readonly script: URL
  readonly args: readonly string[]
  readonly workers: number
  /** Not more than workers. */
  readonly nodes: number
  readonly launcher: (typeof LAUNCHERS)[number]
  /** Milliseconds that what runs may take to end after SIGTERM. */
  readonly drain: number
  /** Every runtime reports where its event loop is stuck. */
  readonly stallReports: boolean
  /** Shows neither progress nor the closing table. */
  readonly quiet: boolean
}

/** More would be a mistake: each is a process. */
const MAX_COUNT = 4096

/** A day. */
const MAX_SECONDS = 86_400

export function parseCount(given: string): number {
  const count = Number(given)
  if (/^\d+$/.test(given) && count >= 1 && count <= MAX_COUNT) return count
  throw new InvalidArgumentError(`Allowed is a whole number from 1 to ${MAX_COUNT}.`)
}

/** Seconds, as milliseconds. */
export function parseSeconds(given: string): number {
  const seconds = Number(given)
  if (/^\d+(\.\d+)?$/.test(given) && seconds <= MAX_SECONDS) return seconds * 1000
  throw new InvalidArgumentError(`Allowed are seconds, from 0 to ${MAX_SECONDS}.`)
}

/** Seconds that something may take, as milliseconds. */
export function parseTimeout(given: string): number {
  const seconds = Number(given)
  if (/^\d+(\.\d+)?$/.test(given) && seconds > 0 && seconds <= MAX_SECONDS) return seconds * 1000
  throw new InvalidArgumentError(`Allowed are seconds, more than 0 and at most ${MAX_SECONDS}.`)
}

/** Whether a word is more likely a program than a command. */
export function isScript(word: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(word)
}

/** Says what is wrong with the command line, and never returns. */
type Wrong = (message: string) => never

export function checkNodes({ workers, nodes }: Pick<RunOptions, 'workers' | 'nodes'>, wrong: Wrong): void {
  if (nodes <= workers) return
  wrong(`--nodes is ${nodes}, but there are only ${workers} workers to share; allowed: 1 to ${workers}`)
}

/** The URL of a script that is there. */
export function scriptAt(path: string, wrong: Wrong): URL {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return wrong(`there is no script '${path}'`)
  if (!found.isFile()) return wrong(`'${path}' is no file; the script is a JavaScript or TypeScript module`)
  return pathToFileURL(resolve(path))
}
