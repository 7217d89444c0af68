/** A message from a ROUTER, taken apart. */
export interface Enveloped {
  /** Whom it came from and by which ways, the empty frame at its end included: what an answer begins with. */
  readonly envelope: readonly Buffer[]
  readonly payload: readonly Buffer[]
}

/** Splits a message behind its first empty frame, as REP does; undefined if it has none. */
export function openEnvelope(frames: readonly Buffer[]): Enveloped | undefined {
  const end = frames.findIndex(({ length }) => length === 0)
  if (end < 0 || end === frames.length - 1) return undefined
  return { envelope: frames.slice(0, end + 1), payload: frames.slice(end + 1) }
}

const EMPTY = Buffer.alloc(0)

/** What REQ puts before a request, with a number in front that REP and ROUTER send back. */
export function requestFrames(id: number, payload: readonly Uint8Array[]): Uint8Array[] {
  const number = Buffer.alloc(6)
  number.writeUIntBE(id, 0, 6)
  return [number, EMPTY, ...payload]
}

export interface Answered {
  readonly id: number
  readonly payload: readonly Buffer[]
}

/** The answer in what a DEALER has received, undefined if it is none. */
export function readAnswer([number, delimiter, ...payload]: readonly Buffer[]): Answered | undefined {
  if (number?.length !== 6 || delimiter?.length !== 0 || payload.length === 0) return undefined
  return { id: number.readUIntBE(0, 6), payload }
}
