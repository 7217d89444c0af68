/**
 * What a reader accepts from a peer. A peer that breaks one of these is refused: what it sent is dropped, counted and
 * answered with an error; no other peer notices.
 */
export interface Limits {
  /**
   * Bytes of one frame, enforced by the transport before memory is reserved for it.
   * @default 1 GiB: a large array is one attachment, and one attachment is one frame.
   */
  frameBytes: number
  /**
   * Bytes of all frames of a batch.
   * @default 2 GiB
   */
  batchBytes: number
  /**
   * Frames in a batch, the first one included.
   * @default 4096
   */
  frames: number
  /**
   * Messages in a batch.
   * @default 65 536: a turn of the event loop posts fewer.
   */
  messages: number
  /**
   * How deep arrays and maps may be nested.
   * @default 64: deeper than any record people write, and far from what overflows a stack.
   */
  depth: number
  /**
   * Values in a batch, counting every number, string, map and array: a byte of MessagePack can cost 64 bytes of heap.
   * @default 4 000 000
   */
  nodes: number
  /**
   * Bytes of a hand or shake: they come from whoever can reach the port.
   * @default 1 MiB: the network of a thousand runtimes fits.
   */
  greetingBytes: number
}

export const defaultLimits: Readonly<Limits> = Object.freeze({
  frameBytes: 1024 ** 3,
  batchBytes: 2 * 1024 ** 3,
  frames: 4096,
  messages: 65_536,
  depth: 64,
  nodes: 4_000_000,
  greetingBytes: 1024 ** 2,
})
