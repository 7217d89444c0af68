import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { runNode } from '@skein/test-harness'
import { herePlace, type Place } from '../src/host.js'
import { systemRandomness } from '../src/random.js'

const SAYS_WHERE = join(import.meta.dirname, 'fixtures', 'place.mjs')

describe('The place of a runtime', () => {
  const here = herePlace(systemRandomness)

  test('is the same for all runtimes of a process', () => {
    expect(herePlace(systemRandomness)).toEqual(here)
  })

  // Elsewhere something is drawn, which threads inherit that start later.
  const onLinux = process.platform === 'linux' ? test : test.skip

  onLinux('is the same for a thread, whenever it was started, and needs no luck', async () => {
    const thread = new Worker(SAYS_WHERE)
    const ended = once(thread, 'exit')
    const [place]: unknown[] = await once(thread, 'message')
    expect(JSON.parse(String(place))).toEqual(here)
    await ended
  })

  test('is on the same host for another process, and not in the same process', async () => {
    const { stdout } = await runNode(SAYS_WHERE, [])
    const other: Place = JSON.parse(stdout)
    expect(other.host).toBe(here.host)
    expect(other.process).not.toBe(here.process)
  })
})
