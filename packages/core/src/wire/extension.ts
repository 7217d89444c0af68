/**
 * The extension types of MessagePack that Skein gives a meaning; `docs/protocol.md` has their payloads. The numbers
 * are append-only.
 */
export const Extension = {
  undefined: 0,
  negativeZero: 1,
  utf16: 2,
  bigint: 3,
  date: 4,
  map: 5,
  set: 6,
  regexp: 7,
  error: 8,
  reference: 9,
  attachment: 10,
  stream: 11,
  buffer: 16,
  uint8Array: 17,
  arrayBuffer: 18,
  dataView: 19,
  int8Array: 20,
  uint8ClampedArray: 21,
  int16Array: 22,
  uint16Array: 23,
  int32Array: 24,
  uint32Array: 25,
  float32Array: 26,
  float64Array: 27,
  bigInt64Array: 28,
  bigUint64Array: 29,
} as const

export type Extension = (typeof Extension)[keyof typeof Extension]

/** Whether an extension type is that of a binary, whose payload is its bytes. */
export function isBinary(type: number): boolean {
  return type >= Extension.buffer && type <= Extension.bigUint64Array
}

/** Whether the payload of an extension type is one value of MessagePack again. */
export function holdsValue(type: number): boolean {
  return type >= Extension.map && type <= Extension.reference
}
