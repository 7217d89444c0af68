import { afterEach, expect, test } from '@jest/globals'
import { eventually } from '@skein/test-harness'
import { LoopDelay } from '../src/loop-delay.js'

const NEVER = new Int32Array(new SharedArrayBuffer(4))

const started: LoopDelay[] = []

function watch(): LoopDelay {
  const delay = new LoopDelay()
  started.push(delay)
  delay.start()
  return delay
}

/** Until it is seen, since what falls into the first interval is not. */
async function block(ms: number, seen: LoopDelay): Promise<void> {
  await eventually(() => {
    Atomics.wait(NEVER, 0, 0, ms)
    return seen.longest > ms / 2
  })
}

afterEach(() => {
  for (const delay of started.splice(0)) delay.stop()
})

test('each tells of the time between its own start and its own end', async () => {
  const first = watch()
  expect(first.longest).toBe(0)
  await block(200, first)
  const second = watch()
  expect(second.longest).toBe(0)
  await block(100, second)
  second.stop()
  const end = second.longest
  await block(2 * first.longest, first)
  expect(second.longest).toBe(end)
  expect(first.longest).toBeGreaterThan(end)
})

test('one that starts again goes on where it was', async () => {
  const delay = watch()
  await block(200, delay)
  delay.stop()
  const { longest } = delay
  delay.start()
  expect(delay.longest).toBe(longest)
})
