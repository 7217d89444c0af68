import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { isRecord } from '../../src/is-record.js'
import { noteReceived } from '../../src/transport/zmq/received.js'

const MIB = 1024 ** 2

/** More than V8 gives the young generation by default, which is 16 MiB. */
const ROUND = 32 * MIB

/** How often the young generation is collected while it runs. */
async function collections(work: () => void): Promise<number> {
  let count = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (isMinor(entry)) count += 1
  })
  observer.observe({ entryTypes: ['gc'] })
  work()
  for (let turn = 0; turn < 3; turn++) await nextTurn() // they are told in the next turn, or in the one after
  observer.disconnect()
  return count
}

/** The types of Node leave out what an entry of its kind has. */
function isMinor(entry: object): boolean {
  const detail: unknown = Reflect.get(entry, 'detail')
  return isRecord(detail) && detail.kind === constants.NODE_PERFORMANCE_GC_MINOR
}

function note(frame: Uint8Array, bytes: number): void {
  for (let noted = 0; noted < bytes; noted += frame.length) noteReceived([frame])
}

describe('What is received from others, on a heap of more than 8 MB', () => {
  test.each([
    ['64 KiB', new Uint8Array(64 * 1024)],
    ['1000 bytes', new Uint8Array(1000)],
  ])('ages the young generation by its bytes, in frames of %s', async (_, frame) => {
    expect(await collections(() => note(frame, 8 * ROUND))).toBeGreaterThanOrEqual(8)
  })

  test('does so by no more than 4 MiB a message', async () => {
    const frame = new Uint8Array(ROUND)
    expect(await collections(() => note(frame, 4 * ROUND))).toBeLessThanOrEqual(4 * 4)
    expect(await collections(() => note(frame, 32 * ROUND))).toBeGreaterThanOrEqual(4)
  })

  test('counts nothing that was copied', async () => {
    const frame = new Uint8Array(128)
    expect(await collections(() => note(frame, 4 * ROUND))).toBeLessThanOrEqual(1)
  })
})
