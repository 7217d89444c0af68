import { getHeapSpaceStatistics } from 'node:v8'
import { COPIED_BYTES } from './copied.js'

const MIB = 1024 ** 2

/** An array of so many elements has 32 KiB. */
const ELEMENTS = 4096

const ARRAY_BYTES = ELEMENTS * 8

/** Of garbage for one message, however large it is. */
const MOST_BYTES = 4 * MIB

/** While less than this lives on the heap, V8 marks it at leisure (`kV8ActivationThreshold`). */
const SMALL_HEAP_BYTES = 8 * MIB

/** What is received between two looks at the heap. */
const LOOK_BYTES = 16 * MIB

let owedBytes = 0
let bytesUntilLook = 0
let isHeapSmall = true

/** Keeps the compiler from leaving out an array that nobody reads. */
const last: { array: unknown } = { array: undefined }

/**
 * Has V8 collect what was received while that is young: makes as much garbage on the heap as frames lie outside of it.
 *
 * zeromq.js reports each frame above 128 bytes to V8 twice, as the memory of an ArrayBuffer and as its own
 * (`incoming_msg.cc`), and V8 (`heap.cc`) marks the whole heap when some 12 MB have been reported since it did so last.
 * Frames that nobody needs any more would go with a collection of the young generation, which takes a hundredth of that
 * time; but that waits until the objects there fill it, and a frame is a small object, or until 32 MiB were reported. So
 * a process that receives 100 MB/s marks all that it has many times a second. Measured with 40 MB of objects, echoes a
 * second, 8 at a time: of 64 KiB 1500 to 2200 without this and 5600 to 9000 with it, of 1 MiB 220 to 240 and 640 to 940.
 */
export function noteReceived(frames: readonly Uint8Array[]): void {
  let bytes = 0
  for (const { byteLength } of frames) if (byteLength > COPIED_BYTES) bytes += byteLength
  if (bytes === 0) return
  bytesUntilLook -= bytes
  if (bytesUntilLook < 0) {
    bytesUntilLook = LOOK_BYTES
    isHeapSmall = oldBytes() < SMALL_HEAP_BYTES
  }
  if (isHeapSmall) return
  owedBytes += Math.min(bytes, MOST_BYTES)
  for (; owedBytes >= ARRAY_BYTES; owedBytes -= ARRAY_BYTES) last.array = new Array(ELEMENTS)
  last.array = undefined
}

/** Of the objects on the heap that are not young. */
function oldBytes(): number {
  let bytes = 0
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (!space_name.startsWith('new_')) bytes += space_used_size
  }
  return bytes
}
