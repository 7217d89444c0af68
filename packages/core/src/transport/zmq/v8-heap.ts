import { getHeapSpaceStatistics } from 'node:v8'
import { type Heap, type HeapSizes, Scavenges, type Scavenging } from './scavenges.js'

const ELEMENTS = 4096

/** All other spaces are V8's old generation, that of code too (`Heap::OldGenerationSizeOfObjects`). */
const NOT_OLD = new Set(['new_space', 'new_large_object_space', 'read_only_space'])

/** With 8 bytes for each element, as Node is built unless it compresses pointers. */
const PIECE_BYTES = ELEMENTS * 8

/**
 * What is copied. `new Array` in its place would be an allocation that V8 learns from: once in a while it concludes that
 * these arrays live long, and makes them old from then on.
 */
const piece: readonly unknown[] = new Array(ELEMENTS)

/** Keeps the compiler from leaving out an array that nobody reads. */
const last: { piece: unknown } = { piece: undefined }

/** The heap of this thread. */
export const v8Heap: Heap = {
  pieceBytes: PIECE_BYTES,

  sizes(): HeapSizes {
    let old = 0
    let semiSpace = 0
    for (const { space_name, space_size, space_used_size } of getHeapSpaceStatistics()) {
      if (space_name === 'new_space') semiSpace = space_size / 2
      else if (!NOT_OLD.has(space_name)) old += space_used_size
    }
    return { old, semiSpace }
  },

  litter(): void {
    last.piece = piece.slice()
    last.piece = undefined
  },
}

/** Shared by all sockets of this thread, since they fill the same heap. */
export const threadScavenges: Scavenging = new Scavenges(v8Heap)
