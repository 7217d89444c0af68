import { afterEach, expect, test } from '@jest/globals'
import { TestMesh } from './support/mesh.js'
import { sized } from './support/size.js'

const ITEMS = sized(60_000, 1_000_000)

let mesh: TestMesh
afterEach(() => mesh.close())

test('a stream to a reader ten times slower than its producer takes no more memory at either end', async () => {
  mesh = new TestMesh('tcp')
  const producer = await mesh.remote('producer')
  const reader = await mesh.remote('reader', String(await producer.do('address')))

  // What the reader does without a rest, warmed up.
  await reader.do('read', { uid: 'producer', count: ITEMS / 4, restMs: 0 })
  const began = performance.now()
  await reader.do('read', { uid: 'producer', count: ITEMS / 4, restMs: 0 })
  const perHundred = ((performance.now() - began) / (ITEMS / 4)) * 100

  const before = Number(await producer.do('rss'))
  let most = before
  let reading = true
  const watching = (async () => {
    while (reading) most = Math.max(most, Number(await producer.do('rss')))
  })()
  const result = await reader.do('read', { uid: 'producer', count: ITEMS, restMs: 9 * perHundred })
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
})
