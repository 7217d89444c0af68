import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Reply } from '@skein/core'
import { eventually, useLedger } from '@skein/test-harness'
import type { Remote } from '../src/remote.js'
import type { Runtime } from '../src/runtime.js'
import { TestMesh } from './support/test-mesh.js'

class Numbers {
  /** How many generators have come to their end, or were brought to it. */
  finished = 0;

  *below(n: number): Generator<number, string> {
    for (let i = 0; i < n; i++) yield i
    return 'counted'
  }
  async *forever(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      this.finished += 1
    }
  }
  async *failing(): AsyncGenerator<number> {
    yield 1
    throw Object.assign(new RangeError('enough'), { code: 'E_ENOUGH' })
  }
  async *unsendable(): AsyncGenerator<unknown> {
    yield 1
    yield { x: () => {} }
  }
  async promised(n: number): Promise<Generator<number>> {
    return this.below(n)
  }
  async sum(numbers: AsyncIterable<number>): Promise<number> {
    let sum = 0
    for await (const n of numbers) sum += n
    return sum
  }
  async *doubled(numbers: AsyncIterable<number>): AsyncGenerator<number> {
    for await (const n of numbers) yield 2 * n
  }
  ends(): number {
    return this.finished
  }
}

let mesh: TestMesh
let a: Runtime
let b: Runtime
let numbers: Remote<Numbers>

useLedger()
beforeEach(async () => {
  mesh = new TestMesh()
  ;[a, b] = await mesh.pair()
  b.expose('numbers', new Numbers())
  numbers = a.proxy<Numbers>('b', 'numbers')
})
afterEach(() => mesh.close())

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

test('a method that yields is iterated as if it were here, awaited or not', async () => {
  expect(await read(numbers.below(5))).toEqual([0, 1, 2, 3, 4])
  expect(await read(await numbers.below(3))).toEqual([0, 1, 2])
  expect(await read(numbers.promised(2))).toEqual([0, 1])
  const stream = await numbers.below(0)
  expect(await stream.next()).toEqual({ done: true, value: 'counted' })
})

test('many items arrive in order', async () => {
  const items = await read(numbers.below(50_000))
  expect(items.join()).toBe(Array.from({ length: 50_000 }, (_, i) => i).join())
})

test('leaving the loop ends the generator, and calls go on meanwhile', async () => {
  const seen: number[] = []
  for await (const n of numbers.forever()) {
    seen.push(n)
    if (n === 3) expect(await numbers.ends()).toBe(0)
    if (n === 5000) break
  }
  expect(seen).toHaveLength(5001)
  expect(await eventually(async () => (await numbers.ends()) === 1)).toBe(true)
})

test('an error arrives after the items before it, whether thrown or of an item', async () => {
  const failing = await numbers.failing()
  expect(await failing.next()).toEqual({ done: false, value: 1 })
  await expect(failing.next()).rejects.toMatchObject({ name: 'RangeError', code: 'E_ENOUGH' })
  const unsendable = await numbers.unsendable()
  expect(await unsendable.next()).toEqual({ done: false, value: 1 })
  await expect(unsendable.next()).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path: 'items[1].x' })
})

test('a stream may be an argument, and go there and back at once', async () => {
  async function* given() {
    yield* [1, 2, 3]
  }
  expect(await numbers.sum(given())).toBe(6)
  expect(await read(numbers.doubled(given()))).toEqual([2, 4, 6])
  expect(await numbers.sum(await numbers.doubled(await numbers.below(4)))).toBe(12)
})

test('a resident object may yield, and so may a runtime to itself', async () => {
  b.expose('maker', { make: () => b.share(new Numbers()) })
  const maker = a.proxy<{ make(): Reply<Remote<Numbers>> }>('b', 'maker')
  expect(await read((await maker.make()).below(3))).toEqual([0, 1, 2])
  expect(await read(b.proxy<Numbers>('b', 'numbers').below(3))).toEqual([0, 1, 2])
})

test('when its runtime is lost, a stream fails after what has arrived', async () => {
  const stream = await numbers.forever()
  await stream.next()
  await mesh.kill(b)
  await expect(read(stream)).rejects.toMatchObject({ code: 'ERR_PEER_LOST', uid: 'b' })
})

test('when its reader is lost, the generator ends', async () => {
  const ends = new Promise<void>((resolve) => {
    b.expose('watched', {
      async *watch() {
        try {
          for (;;) yield 1
        } finally {
          resolve()
        }
      },
    })
  })
  const watched = a.proxy<{ watch(): AsyncGenerator<number> }>('b', 'watched')
  await (await watched.watch()).next()
  await mesh.kill(a)
  await ends
})

test('a stop ends what is read, and what is produced', async () => {
  const stream = await numbers.forever()
  await stream.next()
  await a.stop()
  await expect(read(stream)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})
