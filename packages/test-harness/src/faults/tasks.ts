import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { Member } from './member.js'
import type { Task } from './orders.js'

/** Bytes of a message of a flood, and how many may wait for room in the outbox. */
const FLOOD_BYTES = 20_000
const FLOOD_WIDTH = 64

/** Objects that are made between two turns of the event loop, and how many of them are kept until later. */
const LITTER = 20_000
const KEPT = 1_000_000

/** Streams that are read at once, slowly. */
const SIPS = 4

/** Resolves when it is done: for `stall`, when it is about to begin. */
export async function perform(task: Task, member: Member): Promise<void> {
  switch (task.name) {
    case 'stall':
      // Two rounds of the event loop: in the first the answer leaves.
      return void setImmediate().then(() => setImmediate().then(() => block(task.ms)))
    case 'flood':
      return flood(task, member)
    case 'sip':
      await Promise.all(Array.from({ length: SIPS }, () => member.load.ask('slow-stream', task.from, 0)))
      return
    case 'read':
      await Promise.all(task.from.map((peer) => member.load.ask('long-stream', peer, 0)))
      return
    case 'churn':
      return churn(task.ms)
    case 'hoard':
      return hoard(task.ms, member)
  }
}

/** Blocks this thread without using the processor, of which other members may have need. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function flood({ to, ms }: Extract<Task, { name: 'flood' }>, { load }: Member): Promise<void> {
  const end = performance.now() + ms
  const one = async () => {
    while (performance.now() < end) {
      await load.ask('send', to, FLOOD_BYTES)
      await setImmediate()
    }
  }
  await Promise.all(Array.from({ length: FLOOD_WIDTH }, one))
}

async function churn(ms: number): Promise<void> {
  const end = performance.now() + ms
  let kept: object[] = []
  while (performance.now() < end) {
    for (let n = 0; n < LITTER; n++) kept.push({ n, text: `${n}`, list: [n] })
    if (kept.length > KEPT) kept = []
    await setImmediate()
  }
}

/** Takes every descriptor that there is, those included that become free meanwhile. */
async function hoard(ms: number, { runtime }: Member): Promise<void> {
  const held: number[] = []
  let hasAll = false
  const end = runtime.clock.now() + ms
  while (runtime.clock.now() < end) {
    try {
      held.push(openSync(devNull, 'r'))
    } catch {
      hasAll = true
      await new Promise<void>((resolve) => {
        runtime.clock.after(1, () => resolve())
      })
    }
  }
  for (const file of held) closeSync(file)
  if (!hasAll) throw new Error(`after ${held.length} files there are descriptors left`)
}
