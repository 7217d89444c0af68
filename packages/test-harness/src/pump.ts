import type { Socket } from 'node:net'
import type { Clock, Timer } from '@skein/core/internal'

/**
 * Bytes that a pump holds, for a delay, in the dark or because its sink is full, before it takes no more: a proxy is a
 * longer line, not a bottomless one. 1 MiB is 10 MB/s over 100 ms.
 */
const MAX_HELD = 2 ** 20

/** How much of a chunk may go on now, and what to do once that has been written. */
export interface Admission {
  readonly bytes: number
  readonly written?: () => void
}

/** What holds for one direction of every connection of a proxy. The test changes it, and then calls `update`. */
export interface Course {
  /** Nothing is handed on. */
  dark: boolean
  /** Nothing is taken, beyond what fills the stream's buffer; what was taken before is handed on. */
  unread: boolean
  /** Milliseconds that the next chunk is to be under way. */
  delay(): number
  /** Asked for every chunk that is about to go on; 0 bytes stop the pump for good. */
  admit(bytes: number): Admission
}

type Parcel = { kind: 'bytes'; bytes: Buffer; due: number } | { kind: 'end'; due: number }

/**
 * Carries bytes and their end from one socket to another, in order, as its course allows. A sink that is full stops
 * the reading of the source.
 */
export class Pump {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #course: Course
  readonly #clock: Clock
  readonly #parcels: Parcel[] = []
  #held = 0
  #sinkIsFull = false
  #alarm: Timer | undefined

  /** Takes nothing before the first `update`. */
  constructor(source: Socket, sink: Socket, course: Course, clock: Clock) {
    this.#source = source
    this.#sink = sink
    this.#course = course
    this.#clock = clock
    source.pause()
    source.on('data', (bytes: Buffer) => this.#take({ kind: 'bytes', bytes, due: this.#nextDue() }))
    source.on('end', () => this.#take({ kind: 'end', due: this.#nextDue() }))
    sink.on('drain', () => {
      this.#sinkIsFull = false
      this.update()
    })
  }

  /** Acts on what has changed: the course, the parcels, the sink, the time. */
  update(): void {
    this.#handOn()
    if (this.#course.unread || this.#held >= MAX_HELD) this.#source.pause()
    else this.#source.resume()
  }

  /** Lets an end follow what was taken, although the source has sent none. */
  finish(): void {
    this.#take({ kind: 'end', due: this.#nextDue() })
  }

  /** Drops what is held. Both sockets must have been destroyed: nothing is carried from here on. */
  stop(): void {
    this.#alarm?.cancel()
    this.#parcels.length = 0
  }

  #nextDue(): number {
    return this.#clock.now() + this.#course.delay()
  }

  #take(parcel: Parcel): void {
    this.#parcels.push(parcel)
    if (parcel.kind === 'bytes') this.#held += parcel.bytes.length
    this.update()
  }

  #handOn(): void {
    while (!this.#course.dark && !this.#sinkIsFull) {
      const parcel = this.#parcels[0]
      if (parcel === undefined) return
      const wait = parcel.due - this.#clock.now()
      if (wait > 0) {
        this.#wakeIn(wait)
        return
      }
      if (parcel.kind === 'end') {
        this.#parcels.shift()
        this.#sink.end()
        return
      }
      const { bytes, written } = this.#course.admit(parcel.bytes.length)
      if (bytes === 0) return
      const admitted = parcel.bytes.subarray(0, bytes)
      parcel.bytes = parcel.bytes.subarray(bytes)
      if (parcel.bytes.length === 0) this.#parcels.shift()
      this.#held -= bytes
      this.#sinkIsFull = !this.#sink.write(admitted, written)
    }
  }

  #wakeIn(ms: number): void {
    this.#alarm ??= this.#clock.after(ms, () => {
      this.#alarm = undefined
      this.update()
    })
  }
}
