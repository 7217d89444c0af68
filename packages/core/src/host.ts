import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { type Randomness, randomId } from './random.js'

/** Where a runtime lives: decides which lanes can reach it, and what a refused connection proves. */
export interface Place {
  /** The same for all runtimes that share a kernel, its network and its files. */
  readonly host: string
  /** The same for all threads of a process. A pid would not do: containers share pid 1. */
  readonly process: string
}

const PROCESS_KEY = 'skein:process'

export function herePlace(random: Randomness): Place {
  return { host: hostId(), process: processNonce(random) }
}

/** The boot of this machine, and the network and mount namespaces in it; off Linux, the machine's name. */
function hostId(): string {
  const parts = [
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    attempt(() => readlinkSync('/proc/self/ns/net')),
    attempt(() => readlinkSync('/proc/self/ns/mnt')),
  ]
  if (parts.includes(undefined)) parts.push(hostname())
  return createHash('sha256').update(parts.join(' ')).digest('base64url').slice(0, 22)
}

/** Threads started after the first runtime of their process inherit its nonce; others count as processes of their own. */
function processNonce(random: Randomness): string {
  const known = getEnvironmentData(PROCESS_KEY)
  if (typeof known === 'string') return known
  const made = randomId(random)
  setEnvironmentData(PROCESS_KEY, made)
  return made
}

function attempt(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined // not this platform
  }
}
