/** Bytes up to which zeromq.js copies a frame. A longer one is sent and received where it lies, by reference. */
export const COPIED_BYTES = 128
