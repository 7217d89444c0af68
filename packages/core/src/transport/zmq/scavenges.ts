import { COPIED_BYTES } from './copied.js'

const KIB = 1024
const MIB = 1024 ** 2

/** What is to be received between two scavenges. With twice as much, V8 marks now and then all the same. */
const SCAVENGED_BYTES = 16 * MIB

/** A frame that would make less garbage than this makes none: what else is made for a message fills the heap in time. */
const LEAST_BYTES = 2048

/** While less than this lives on the heap, V8 marks it at leisure (`kV8ActivationThreshold`). */
const SMALL_HEAP_BYTES = 8 * MIB

/**
 * The messages that count on a small heap, by their bytes. For smaller frames the garbage costs as much as it saves, and
 * where it is more than the frames themselves, for those of as many times the size. Of larger messages, those that are under
 * way at a time are most of 16 MiB, and still needed. (Measured with eight under way and a semi-space of 8 MiB: at 1 MiB a
 * quarter more with the garbage than without over ipc, at 128 KiB and 2 MiB up to a tenth less.)
 */
const LEAST_ON_SMALL_HEAP = 256 * KIB
/** A buffer of 1 MiB, and what goes with it. */
const MOST_ON_SMALL_HEAP = 1.25 * MIB

/** What is received between two looks at the heap, each of which takes 50 µs. */
const LOOK_BYTES = 16 * MIB

/** What `Scavenges` sees of V8's heap, and does there. */
export interface Heap {
  /** Of each piece of garbage that `litter` makes. */
  readonly pieceBytes: number
  sizes(): HeapSizes
  /** Makes a piece of garbage in the young generation. */
  litter(): void
}

/** In bytes. */
export interface HeapSizes {
  /** Of the objects that are not young. */
  readonly old: number
  /** Of the room in the young generation that is filled between two scavenges. */
  readonly semiSpace: number
}

/** What whoever reads sockets needs. */
export type Scavenging = Pick<Scavenges, 'received' | 'hasten'>

/**
 * Has V8 collect what was received while that is young: makes garbage on the heap for frames that lie outside of it, so
 * that there is a scavenge for every 16 MiB that are received, and one for a message of more. Does so for frames that are
 * not small; while there is little on the heap, for fewer.
 *
 * zeromq.js reports each frame above 128 bytes to V8 twice, as the memory of an ArrayBuffer and as its own
 * (`incoming_msg.cc`), and V8 (`heap.cc`) marks the whole heap over and over when much is reported. Frames that nobody
 * needs any more would go with a scavenge, which takes a hundredth of that time; but that waits until the objects of the
 * young generation fill a semi-space, and a frame is a small object. So a process that receives 100 MB/s marks all that it
 * has many times a second: the rows of laden processes in `npm run bench -- payload` show how much that matters.
 *
 * How large a semi-space is, and so how much garbage is needed, is V8's matter, and changes while the process runs: in
 * Node 20 it grows to 16 MiB, in Node 24 to 64, elsewhere to what `--max-semi-space-size` says. The larger it is, the more
 * this costs: some 0.2 ns for each byte of garbage.
 */
export class Scavenges {
  readonly #heap: Heap
  #bytesUntilLook = 0
  /** Of garbage, for each byte received. */
  #factor = 0
  /** Of a frame that counts. */
  #leastBytes = 0
  /** Of a message that counts. */
  #mostBytes = 0
  #owedBytes = 0

  constructor(heap: Heap) {
    this.#heap = heap
  }

  /** Counts a message that a socket has handed out. */
  received(frames: readonly Uint8Array[]): void {
    let outside = 0
    let counted = 0
    for (const { byteLength } of frames) if (byteLength > COPIED_BYTES) outside += byteLength
    this.#bytesUntilLook -= outside
    if (this.#bytesUntilLook < 0) this.#look()
    if (outside < this.#leastBytes || outside > this.#mostBytes) return
    for (const { byteLength } of frames) if (byteLength >= this.#leastBytes) counted += byteLength
    this.#owedBytes += Math.min(counted, SCAVENGED_BYTES) * this.#factor
  }

  /**
   * Makes the garbage for what was counted. To be called before a socket is asked for the next message, and not before this
   * one has been handed on: of 16 MiB it takes three milliseconds.
   */
  hasten(): void {
    const { pieceBytes } = this.#heap
    for (; this.#owedBytes >= pieceBytes; this.#owedBytes -= pieceBytes) this.#heap.litter()
  }

  #look(): void {
    const { old, semiSpace } = this.#heap.sizes()
    const factor = semiSpace / SCAVENGED_BYTES
    this.#bytesUntilLook = LOOK_BYTES
    this.#factor = factor
    if (old < SMALL_HEAP_BYTES) {
      this.#leastBytes = LEAST_ON_SMALL_HEAP * Math.max(1, factor)
      this.#mostBytes = MOST_ON_SMALL_HEAP
    } else {
      this.#leastBytes = Math.max(COPIED_BYTES + 1, LEAST_BYTES / factor)
      this.#mostBytes = Number.POSITIVE_INFINITY
    }
  }
}
