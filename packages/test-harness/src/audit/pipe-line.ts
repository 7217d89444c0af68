import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { systemClock } from '@skein/core/internal'
import { type Address, ProxiedConnection } from '../proxied-connection.js'
import type { Admission, Course } from '../pump.js'
import type { Line } from './line.js'

interface Piped {
  readonly connection: ProxiedConnection
  readonly up: Course & { dark: boolean }
  readonly down: Course & { dark: boolean }
}

/**
 * The proxy before one member. Unlike FaultProxy it does different things to different connections: those that are
 * frozen stay so while others are made.
 */
export class PipeLine implements Line {
  /** Bytes handed on towards the member. */
  forwarded = 0
  readonly #open = new Set<Piped>()
  readonly #frozen = new Set<Piped>()
  readonly #server: Server
  #target: Address | undefined
  #isDark = false
  /** What may pass until a cut that was ordered. */
  #fuse: { left: number } | undefined

  /** @param listen a path, or a host and port 0 */
  static async start(listen: Address): Promise<PipeLine> {
    const line = new PipeLine()
    line.#server.listen(listen)
    await once(line.#server, 'listening')
    return line
  }

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    )
  }

  /** Where to connect instead of to the member, as ZeroMQ writes it. */
  get endpoint(): string {
    const bound = this.#server.address()
    if (bound === null) throw new Error('this line is closed')
    return typeof bound === 'string' ? `ipc://${bound}` : `tcp://${bound.address}:${bound.port}`
  }

  get isFusePending(): boolean {
    return this.#fuse !== undefined
  }

  /** Where the member listens. Connections that came before are made now. */
  leadTo(target: Address): void {
    this.#target = target
    this.#update()
  }

  async cut(): Promise<void> {
    this.#fuse = undefined
    for (const { connection } of this.#open) connection.reset()
  }

  cutAfter(bytes: number): void {
    this.#fuse = { left: bytes }
  }

  async darken(): Promise<void> {
    this.#isDark = true
    this.#update()
  }

  async lighten(): Promise<void> {
    this.#isDark = false
    this.#update()
  }

  async freeze(): Promise<void> {
    for (const piped of this.#open) this.#frozen.add(piped)
    this.#update()
  }

  async strand(): Promise<void> {
    for (const { connection } of this.#frozen) connection.strand()
  }

  async deliver(): Promise<void> {
    this.#frozen.clear()
    this.#update()
  }

  /** Refuses connections from now on, and breaks those that there are: its member is gone. */
  async close(): Promise<void> {
    const closed = Array.from(this.#open, ({ connection }) => connection.closed)
    this.#server.close()
    await this.cut()
    await Promise.all(closed)
  }

  #accept(client: Socket): void {
    const up = this.#course((bytes) => {
      this.forwarded += bytes
    })
    const down = this.#course()
    const connection = new ProxiedConnection(
      client,
      { up, down },
      () => this.#target ?? { path: '' },
      systemClock,
    )
    const piped = { connection, up, down }
    this.#open.add(piped)
    void connection.closed.then(() => {
      this.#open.delete(piped)
      this.#frozen.delete(piped)
    })
    this.#update()
  }

  #update(): void {
    for (const piped of this.#open) {
      // Before it is known where the member listens, nothing goes there.
      const isHeld = this.#isDark || this.#target === undefined
      piped.up.dark = isHeld || this.#frozen.has(piped)
      piped.down.dark = isHeld
      piped.connection.update()
    }
  }

  #course(passed: (bytes: number) => void = () => {}): Course {
    const admit = (bytes: number) => {
      const admission = this.#admit(bytes)
      passed(admission.bytes)
      return admission
    }
    return { dark: true, unread: false, delay: () => 0, admit }
  }

  #admit(bytes: number): Admission {
    const fuse = this.#fuse
    if (fuse === undefined) return { bytes }
    const admitted = Math.min(bytes, fuse.left)
    fuse.left -= admitted
    return fuse.left > 0 ? { bytes: admitted } : { bytes: admitted, written: () => void this.cut() }
  }
}
