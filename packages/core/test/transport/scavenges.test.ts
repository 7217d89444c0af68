import { getHeapSpaceStatistics } from 'node:v8'
import { describe, expect, test } from '@jest/globals'
import { type Heap, type HeapSizes, Scavenges } from '../../src/transport/zmq/scavenges.js'
import { v8Heap } from '../../src/transport/zmq/v8-heap.js'

const KIB = 1024
const MIB = 1024 ** 2

/** A heap that counts what is done to it. */
class CountedHeap implements Heap {
  readonly pieceBytes = 32 * KIB
  garbage = 0
  looks = 0
  old = 40 * MIB
  semiSpace = 16 * MIB

  sizes(): HeapSizes {
    this.looks += 1
    return { old: this.old, semiSpace: this.semiSpace }
  }

  litter(): void {
    this.garbage += this.pieceBytes
  }
}

/** Bytes of garbage that is made for so many messages. */
function garbageFor(messages: number, frames: Uint8Array[], heap = new CountedHeap()): number {
  const before = heap.garbage
  const scavenges = new Scavenges(heap)
  for (let i = 0; i < messages; i++) {
    scavenges.received(frames)
    scavenges.hasten()
  }
  return heap.garbage - before
}

const ofBytes = (bytes: number): Uint8Array[] => [new Uint8Array(bytes)]

describe('for what is received from others, on a heap of more than 8 MB', () => {
  test('as many bytes of garbage are made, whole pieces at a time', () => {
    expect(garbageFor(1000, ofBytes(64 * KIB))).toBe(1000 * 64 * KIB)
    expect(garbageFor(7, ofBytes(20 * KIB))).toBe(4 * 32 * KIB)
    expect(garbageFor(16, ofBytes(2 * KIB))).toBe(32 * KIB)
    expect(garbageFor(15, ofBytes(2 * KIB))).toBe(0)
  })

  test('none is made before the next message is asked for', () => {
    const heap = new CountedHeap()
    const scavenges = new Scavenges(heap)
    scavenges.received(ofBytes(MIB))
    expect(heap.garbage).toBe(0)
    scavenges.hasten()
    expect(heap.garbage).toBe(MIB)
    scavenges.hasten()
    expect(heap.garbage).toBe(MIB)
  })

  test('all frames of a message count that are large', () => {
    const frames = [48 * KIB, 2 * KIB - 1, 16 * KIB, 0].map((bytes) => new Uint8Array(bytes))
    expect(garbageFor(1, frames)).toBe(64 * KIB)
  })

  test('small frames make none, however many there are', () => {
    expect(garbageFor(100_000, ofBytes(2 * KIB - 1))).toBe(0)
  })

  test('no message makes more than one of 16 MiB', () => {
    expect(garbageFor(3, ofBytes(8 * MIB))).toBe(24 * MIB)
    expect(garbageFor(3, ofBytes(64 * MIB))).toBe(48 * MIB)
    expect(
      garbageFor(
        3,
        Array.from({ length: 20 }, () => new Uint8Array(MIB)),
      ),
    ).toBe(48 * MIB)
  })

  test.each([1, 8, 64, 128])('it fills a semi-space of %i MiB for every 16 MiB', (semiSpace) => {
    const heap = new CountedHeap()
    heap.semiSpace = semiSpace * MIB
    expect(garbageFor(256, ofBytes(64 * KIB), heap)).toBe(semiSpace * MIB)
  })

  test('frames count from where there would be 2 KiB of garbage for each, but not those that were copied', () => {
    const heap = new CountedHeap()
    heap.semiSpace = 64 * MIB
    const scavenges = new Scavenges(heap)
    const garbageOf = (bytes: number, count: number) => {
      const before = heap.garbage
      for (let i = 0; i < count; i++) scavenges.received(ofBytes(bytes))
      scavenges.hasten()
      return heap.garbage - before
    }
    expect(garbageOf(MIB, 1)).toBe(4 * MIB)
    expect(garbageOf(512, 64)).toBe(4 * 32 * KIB)
    expect(garbageOf(511, 64)).toBe(0)
    heap.semiSpace = 1024 * MIB
    garbageOf(MIB, 16)
    expect(garbageOf(129, 1024)).toBe(1024 * 129 * 64)
    expect(garbageOf(128, 1024)).toBe(0)
  })
})

describe('on a small heap', () => {
  const small = () => Object.assign(new CountedHeap(), { old: 8 * MIB - 1 })

  test('only frames from 256 KiB on count, of messages up to 1.25 MiB', () => {
    expect(garbageFor(16, ofBytes(256 * KIB), small())).toBe(4 * MIB)
    expect(garbageFor(16, ofBytes(1.25 * MIB), small())).toBe(20 * MIB)
    expect(garbageFor(16, ofBytes(256 * KIB - 1), small())).toBe(0)
    expect(garbageFor(16, ofBytes(1.25 * MIB + 1), small())).toBe(0)
  })

  test('of the frames of a message each counts by itself, and all of them towards the most', () => {
    const frames = (count: number, bytes: number) =>
      Array.from({ length: count }, () => new Uint8Array(bytes))
    expect(garbageFor(16, frames(8, 128 * KIB), small())).toBe(0)
    expect(garbageFor(16, [...frames(2, 256 * KIB), ...frames(4, 64 * KIB)], small())).toBe(8 * MIB)
    expect(garbageFor(16, frames(5, 256 * KIB), small())).toBe(20 * MIB)
    expect(garbageFor(16, frames(6, 256 * KIB), small())).toBe(0)
  })

  test('where a frame would need more garbage than it has bytes, only larger ones count', () => {
    const heap = () => Object.assign(small(), { semiSpace: 64 * MIB })
    expect(garbageFor(16, ofBytes(MIB - 1), heap())).toBe(0)
    expect(garbageFor(16, ofBytes(MIB), heap())).toBe(64 * MIB)
    const few = Object.assign(small(), { semiSpace: MIB })
    expect(garbageFor(16, ofBytes(MIB), few)).toBe(MIB)
    expect(garbageFor(16, ofBytes(256 * KIB - 1), few)).toBe(0)
  })

  test('other frames count once there is more on it, and do not when there is less again', () => {
    const heap = small()
    const scavenges = new Scavenges(heap)
    const garbageOf128Kib = (count: number) => {
      const before = heap.garbage
      for (let i = 0; i < count; i++) {
        scavenges.received(ofBytes(128 * KIB))
        scavenges.hasten()
      }
      return heap.garbage - before
    }
    expect(garbageOf128Kib(129)).toBe(0)
    heap.old = 8 * MIB
    expect(garbageOf128Kib(129)).toBe(129 * 128 * KIB)
    heap.old = 1
    expect(garbageOf128Kib(129)).toBe(0)
  })
})

test('the heap is looked at once for each 16 MiB, of which frames that make no garbage are a part', () => {
  const heap = new CountedHeap()
  const scavenges = new Scavenges(heap)
  scavenges.received(ofBytes(128))
  expect(heap.looks).toBe(0)
  scavenges.received(ofBytes(129))
  expect(heap.looks).toBe(1)
  for (let i = 0; i < 16 * KIB; i++) scavenges.received(ofBytes(KIB))
  expect(heap.looks).toBe(1)
  scavenges.received(ofBytes(129))
  expect(heap.looks).toBe(2)
})

describe("V8's heap", () => {
  const bytesOf = (field: 'space_size' | 'space_used_size', ...names: string[]) =>
    getHeapSpaceStatistics()
      .filter(({ space_name }) => names.includes(space_name))
      .reduce((bytes, space) => bytes + space[field], 0)

  /** Whether it is so once: a collection may come between two looks, but not each time. */
  const isOnce = (look: () => boolean) => Array.from({ length: 100 }, look).includes(true)

  test('has a young generation that a piece of garbage fills by its bytes', () => {
    const used = () => bytesOf('space_used_size', 'new_space')
    const grown = () => {
      const before = used()
      for (let i = 0; i < 4; i++) v8Heap.litter()
      const bytes = (used() - before) / 4
      return bytes >= v8Heap.pieceBytes && bytes < 1.5 * v8Heap.pieceBytes
    }
    expect(isOnce(grown)).toBe(true)
  })

  test('says how large half of that is, and how much is old', () => {
    const isHalf = () => v8Heap.sizes().semiSpace * 2 === bytesOf('space_size', 'new_space')
    expect(isOnce(isHalf)).toBe(true)
    expect(v8Heap.sizes().semiSpace).toBeGreaterThan(0)
    const spaces = [
      'old_space',
      'large_object_space',
      'code_space',
      'code_large_object_space',
      'trusted_space',
      'trusted_large_object_space',
      'shared_space',
      'shared_large_object_space',
    ]
    const isOld = () => v8Heap.sizes().old === bytesOf('space_used_size', ...spaces)
    expect(isOnce(isOld)).toBe(true)
    expect(v8Heap.sizes().old).toBeGreaterThan(MIB)
  })
})
