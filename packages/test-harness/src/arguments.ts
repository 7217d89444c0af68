import { closeSync, existsSync, lstatSync, openSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError } from 'commander'

// What the commands here make of their arguments.

/** A file that can be written, which is better known before the run than after it. What isn't there yet stays so. */
export function writable(path: string): string {
  // Commander takes whatever comes next for it.
  if (path === '' || path.startsWith('-'))
    throw new InvalidArgumentError(`Allowed is a path${path && `; of a file of that name, ./${path}`}.`)
  try {
    // A link that leads nowhere is there as well.
    const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined
    closeSync(openSync(path, 'a'))
    if (isNew) unlinkSync(path)
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
