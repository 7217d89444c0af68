import { createRequire } from 'node:module'
import type * as Zeromq from 'zeromq'

/**
 * Sockets per process; libzmq's own limit is 1023, which a mesh of 250 peers exceeds. One costs 16 bytes while it isn't
 * made.
 */
export const MAX_SOCKETS = 16_384

let loaded: typeof Zeromq | undefined

/**
 * zeromq.js, for whoever makes a socket. It takes as long to load as all of core, and a process that starts a mesh for
 * others, or reads a command line, makes none.
 */
export function zeromq(): typeof Zeromq {
  loaded ??= load()
  return loaded
}

function load(): typeof Zeromq {
  const module: typeof Zeromq = createRequire(import.meta.url)('zeromq')
  // The threads that use it share it, and it takes this only before its first socket: a program that makes sockets of
  // its own before has to set it itself, and may have set more.
  module.context.maxSockets = Math.max(module.context.maxSockets, MAX_SOCKETS)
  return module
}
