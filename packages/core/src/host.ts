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
  return { host: hostId(), process: processId(random) }
}

/** The boot of this machine, and the network and mount namespaces in it; off Linux, the machine's name. */
function hostId(): string {
  const parts = [
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    attempt(() => readlinkSync('/proc/self/ns/net')),
    attempt(() => readlinkSync('/proc/self/ns/mnt')),
  ]
  if (parts.includes(undefined)) parts.push(hostname())
  return digest(parts)
}

/**
 * When the kernel started this process, under which id and in which namespace of ids: all threads find that out alike,
 * whenever they were started. Elsewhere, what was drawn for it.
 */
function processId(random: Randomness): string {
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'))
  const started = attempt(startTime)
  if (namespace === undefined || started === undefined) return drawnProcessId(random)
  return digest([hostId(), namespace, String(process.pid), started])
}

/** In clock ticks since the boot: field 22 of proc(5)'s stat, the 20th after the name, in which anything may stand. */
function startTime(): string | undefined {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** Threads started after the first runtime of their process inherit it; others count as processes of their own. */
function drawnProcessId(random: Randomness): string {
  const known = getEnvironmentData(PROCESS_KEY)
  if (typeof known === 'string') return known
  const made = randomId(random)
  setEnvironmentData(PROCESS_KEY, made)
  return made
}

function digest(parts: readonly (string | undefined)[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('base64url').slice(0, 22)
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // not this platform
  }
}
