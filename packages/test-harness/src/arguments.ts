import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError } from 'commander'

// What the commands here make of their arguments.

/** A file that can be written, which is better known before the run than after it. */
export function writable(path: string): string {
  // Commander takes whatever comes next for it.
  if (path.startsWith('-'))
    throw new InvalidArgumentError(`Allowed is a path; of a file of that name, ./${path}.`)
  try {
    closeSync(openSync(path, 'a'))
    return path
  } catch (error) {
    const isThere = existsSync(dirname(path))
    const why = error instanceof Error ? error.message : String(error)
    throw new InvalidArgumentError(isThere ? `${why}.` : `There is no folder ${dirname(path)}.`)
  }
}

/** A whole number within bounds, both included. */
export function whole(least: number, most: number): (given: string) => number {
  return (given) => {
    const count = Number(given)
    if (/^\d+$/.test(given) && count >= least && count <= most) return count
    throw new InvalidArgumentError(`Allowed is a whole number from ${least} to ${most}.`)
  }
}
