import { Extension, holdsValue } from './extension.js'
import type { Limits } from './limits.js'
import { malformed, overLimit } from './malformed.js'
import { STREAM_BYTES } from './scalar.js'

/** Where skimming stands in the containers around it. Reused: skimming calls nobody. */
const lefts: number[] = []
/** Where the bytes end in which an extension lies, or -1 for an array or map. */
const ends: number[] = []

/**
 * Walks MessagePack without decoding it, and throws unless it is exactly one value, whole, and within the limits. Its
 * cost is the bytes' length, whatever they claim to hold; nothing is reserved. Values inside extensions count like any
 * others.
 *
 * @param plain refuse every extension but byte strings.
 * @throws ERR_PROTOCOL, ERR_TOO_LARGE
 */
export function skim(bytes: Uint8Array, limits: Pick<Limits, 'depth' | 'nodes'>, plain = false): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = bytes.length
  let pos = 0
  let depth = 0
  let left = 1
  let nodes = 1

  for (;;) {
    while (left === 0) {
      if (depth === 0) {
        if (pos !== end) throw malformed(`${end - pos} bytes follow the value`)
        return
      }
      depth -= 1
      left = lefts[depth] ?? 0
      const outer = ends[depth] ?? -1
      if (outer >= 0) {
        if (pos !== end) throw malformed(`${end - pos} bytes follow the value in an extension`)
        end = outer
      }
    }
    if (pos >= end) throw truncated()
    left -= 1
    const head = view.getUint8(pos)
    pos += 1

    // What follows the head: `items` values in it, or bytes to skip.
    let items = -1
    let type = -1
    if (head < 0x80 || head >= 0xe0) continue
    if (head < 0x90) items = (head & 0x0f) * 2
    else if (head < 0xa0) items = head & 0x0f
    else if (head < 0xc0) pos += head & 0x1f
    else {
      switch (head) {
        case 0xc0: // nil
        case 0xc2: // false
        case 0xc3: // true
          continue
        case 0xc4: // bin 8
        case 0xd9: // str 8
          pos += 1 + lengthAt(view, pos, 1, end)
          break
        case 0xc5: // bin 16
        case 0xda: // str 16
          pos += 2 + lengthAt(view, pos, 2, end)
          break
        case 0xc6: // bin 32
        case 0xdb: // str 32
          pos += 4 + lengthAt(view, pos, 4, end)
          break
        case 0xcc: // uint 8
        case 0xd0: // int 8
          pos += 1
          break
        case 0xcd: // uint 16
        case 0xd1: // int 16
          pos += 2
          break
        case 0xca: // float 32
        case 0xce: // uint 32
        case 0xd2: // int 32
          pos += 4
          break
        case 0xcb: // float 64
        case 0xcf: // uint 64
        case 0xd3: // int 64
          pos += 8
          break
        case 0xdc: // array 16
          items = lengthAt(view, pos, 2, end)
          pos += 2
          break
        case 0xdd: // array 32
          items = lengthAt(view, pos, 4, end)
          pos += 4
          break
        case 0xde: // map 16
          items = lengthAt(view, pos, 2, end) * 2
          pos += 2
          break
        case 0xdf: // map 32
          items = lengthAt(view, pos, 4, end) * 2
          pos += 4
          break
        case 0xc1:
          throw malformed('0xc1 begins no value')
        default: {
          // fixext 1 to 16 (0xd4 to 0xd8), ext 8 to 32 (0xc7 to 0xc9)
          const width = head >= 0xd4 ? 0 : 1 << (head - 0xc7)
          const length = width === 0 ? 1 << (head - 0xd4) : lengthAt(view, pos, width, end)
          pos += width
          if (pos >= end) throw truncated()
          type = view.getInt8(pos)
          pos += 1
          if (plain && type !== Extension.uint8Array) {
            throw malformed(`extension type ${type} has no place here`)
          }
          if (holdsValue(type)) {
            if (pos + length > end) throw truncated()
            ends[depth] = end
            end = pos + length
            items = 1
          } else {
            if (type === Extension.stream && length !== STREAM_BYTES) {
              throw malformed(`the number of a stream has ${length} bytes, not ${STREAM_BYTES}`)
            }
            pos += length
            type = -1
          }
        }
      }
    }

    if (items >= 0) {
      nodes += items
      // Every value takes a byte at least: a length beyond what is left is a lie.
      if (items > end - pos) throw truncated()
      if (nodes > limits.nodes) throw overLimit('nodes', nodes, limits.nodes)
      if (depth >= limits.depth) throw overLimit('depth', depth + 1, limits.depth)
      if (type === -1) ends[depth] = -1
      lefts[depth] = left
      depth += 1
      left = items
    } else if (pos > end) throw truncated()
  }
}

function lengthAt(view: DataView, pos: number, width: number, end: number): number {
  if (pos + width > end) throw truncated()
  return width === 1 ? view.getUint8(pos) : width === 2 ? view.getUint16(pos) : view.getUint32(pos)
}

function truncated() {
  return malformed('they end before the value does')
}
