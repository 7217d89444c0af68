import type { Socket } from 'zeromq'

/** How often sockets that nobody asks anything look around, in milliseconds. */
const INTERVAL = 100

const attended = new Set<Socket>()
let timer: NodeJS.Timeout | undefined

/**
 * The two ends of an inproc connection take leave of each other in their own threads, whenever something is asked of them:
 * until then whoever closes his end waits. So a socket that is idle is asked now and then, until it is closed, for the sake
 * of the others. It keeps nothing alive.
 */
export function attend(socket: Socket): void {
  attended.add(socket)
  timer ??= setInterval(lookAround, INTERVAL).unref()
}

function lookAround(): void {
  for (const socket of attended) {
    if (socket.closed) attended.delete(socket)
    else void socket.readable
  }
  if (attended.size > 0) return
  clearInterval(timer)
  timer = undefined
}
