import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import { TestMesh } from './support/mesh.js'

/** Small ones at the full size; otherwise fewer and larger, that make 100 MiB if nothing holds them back. */
const ITEMS = sized(6400, 1_000_000)
const ITEM_BYTES = sized(16 * 1024, 28)
const WARMING = { uid: 'producer', count: ITEMS / 4, bytes: ITEM_BYTES, restMs: 0 }

/** Milliseconds between two looks at how much memory is in use. */
const LOOK_INTERVAL = 50

let mesh: TestMesh
afterEach(() => mesh.close())

test('a stream to a reader ten times slower than its producer takes no more memory at either end', async () => {
  mesh = new TestMesh('tcp')
  const producer = await mesh.remote('producer')
  const reader = await mesh.remote('reader', String(await producer.do('address')))

  // What the reader does without a rest, warmed up.
  await reader.do('read', WARMING)
  const began = performance.now()
  await reader.do('read', WARMING)
  const perHundred = ((performance.now() - began) / (ITEMS / 4)) * 100

  const before = Number(await producer.do('rss'))
  let most = before
  let reading = true
  const watching = (async () => {
    while (reading) {
      most = Math.max(most, Number(await producer.do('rss')))
      await pause(LOOK_INTERVAL)
    }
  })()
  const result = await reader.do('read', { ...WARMING, count: ITEMS, restMs: 9 * perHundred })
  reading = false
  await watching
  const { read, grown } = result as { read: number; grown: number }
  console.info(
    `${read} items at a tenth of ${Math.round(1e5 / perHundred)} a second: the producer grew by ` +
      `${Math.round(most - before)} MiB, the reader by ${Math.round(grown)} MiB`,
  )
  expect(read).toBe(ITEMS)
  expect(most - before).toBeLessThan(64)
  expect(grown).toBeLessThan(64)
}, 300_000)
