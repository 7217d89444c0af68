import { Socket } from 'node:net'
import type { Clock } from '@skein/core/internal'
import { type Course, Pump } from './pump.js'

/** Where to listen or connect: TCP, or the path of a Unix socket. */
export type Address = { host: string; port: number } | { path: string }

export interface Courses {
  /** From the client to the target. */
  readonly up: Course
  /** From the target to the client. */
  readonly down: Course
}

/** One client of a proxy, the connection to the target on its behalf, and what flows between the two. */
export class ProxiedConnection {
  /** Resolves when both sockets are closed. Never rejects: a broken connection is broken for the other side as well. */
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #target = new Socket({ allowHalfOpen: true })
  readonly #courses: Courses
  readonly #targetAddress: () => Address
  readonly #up: Pump
  readonly #down: Pump
  /** The ways on which the news that the connection is broken has to travel. */
  readonly #breaks = new Set<Course>()
  #dialled = false

  /** `targetAddress` is asked when the target is dialled: at the first `update` at which the way up isn't dark. */
  constructor(client: Socket, courses: Courses, targetAddress: () => Address, clock: Clock) {
    this.#client = client
    this.#courses = courses
    this.#targetAddress = targetAddress
    this.#up = new Pump(client, this.#target, courses.up, clock)
    this.#down = new Pump(this.#target, client, courses.down, clock)
    for (const [socket, way] of [
      [client, courses.up],
      [this.#target, courses.down],
    ] as const) {
      // What it was doesn't matter: 'close' follows, and says that there was one.
      socket.on('error', () => {})
      socket.on('close', (broken: boolean) => {
        if (!broken) return
        this.#breaks.add(way)
        this.update()
      })
    }
    this.closed = Promise.all([closeOf(client), closeOf(this.#target)]).then(() => {
      this.#up.stop()
      this.#down.stop()
    })
  }

  /** Acts on what has changed in the courses. */
  update(): void {
    if ([...this.#breaks].some((way) => !way.dark)) {
      this.reset()
      return
    }
    if (!this.#dialled && !this.#courses.up.dark && !this.#target.destroyed) {
      this.#dialled = true
      this.#target.connect({ ...this.#targetAddress(), noDelay: true })
    }
    this.#up.update()
    this.#down.update()
  }

  /** Breaks the connection on both sides, dropping what is under way: RST over TCP, a plain close on a Unix socket. */
  reset(): void {
    resetSocket(this.#client)
    resetSocket(this.#target)
  }

  /**
   * Breaks the connection towards the client alone. What was taken from it before goes on to the target as its course
   * allows, however late, and then ends.
   */
  strand(): void {
    resetSocket(this.#client)
    this.#up.finish()
  }
}

function resetSocket(socket: Socket): void {
  // Only a connected TCP socket has one; on others resetAndDestroy throws, or waits for them to be connected.
  if (socket.remoteAddress === undefined) socket.destroy()
  // While libuv is sending a FIN it refuses to reset, and Node then loses the handle: neither closed nor collected.
  else if (isSendingItsEnd(socket)) socket.once('finish', () => resetSocket(socket))
  else socket.resetAndDestroy()
}

function isSendingItsEnd(socket: Socket): boolean {
  return socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
