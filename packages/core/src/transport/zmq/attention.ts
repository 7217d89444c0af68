import type { Socket } from 'zeromq'

/** How often sockets that nobody asks anything look around, in milliseconds. */
const INTERVAL = 100

const attended = new Map<Socket, () => boolean>()
let timer: NodeJS.Timeout | undefined

/**
 * The two ends of an inproc connection take leave of each other in their own threads, whenever something is asked of them:
 * until then whoever closes his end waits. So a socket that is idle is asked now and then, until it is closed, for the sake
 * of the others. It keeps nothing alive.
 *
 * @param isIdle whether nobody waits to receive or to send: where somebody does, zeromq.js looks by itself, at a signal
 *   that asking takes away, and whoever waits would not learn of what has come
 */
export function attend(socket: Socket, isIdle: () => boolean): void {
  attended.set(socket, isIdle)
  timer ??= setInterval(lookAround, INTERVAL).unref()
}

function lookAround(): void {
  for (const [socket, isIdle] of attended) {
    if (socket.closed) attended.delete(socket)
    else if (isIdle()) void socket.readable
  }
  if (attended.size > 0) return
  clearInterval(timer)
  timer = undefined
}
