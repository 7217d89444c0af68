import { closeSync, openSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'

// What the commands here make of their arguments.

/** A file that can be written, which is better known before the run than after it. */
export function writable(path: string): string {
  try {
    closeSync(openSync(path, 'a'))
    return path
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error))
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
