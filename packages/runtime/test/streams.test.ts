import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Reply } from '@skein/core'
import { useLedger } from '@skein/test-harness'
import type { Runtime } from '../src/runtime.js'
import { TestMesh } from './support/test-mesh.js'

interface Numbers {
  below(n: number): Reply
  later(n: number): Reply
  promised(n: number): Reply
}

let mesh: TestMesh
let a: Runtime
let b: Runtime

useLedger({ before: beforeEach, after: afterEach })
beforeEach(async () => {
  mesh = new TestMesh()
  ;[a, b] = await mesh.pair()
  b.expose('numbers', {
    *below(n: number) {
      for (let i = 0; i < n; i++) yield i
    },
    async *later(n: number) {
      yield n
    },
    async promised(n: number) {
      return { [Symbol.asyncIterator]: () => n }
    },
  })
})
afterEach(() => mesh.close())

test('a method that returns something to iterate is refused, and the error says so', async () => {
  const numbers = a.proxy<Numbers>('b', 'numbers') as object as Numbers
  const refused = { code: 'ERR_NOT_SERIALISABLE', uid: 'b', service: 'numbers' }
  const text = (what: string) => `${what}: streams are not supported yet; return an array`
  await expect(numbers.below(3)).rejects.toMatchObject({
    ...refused,
    method: 'below',
    message: text('below returned a generator'),
  })
  await expect(numbers.later(3)).rejects.toMatchObject({ message: text('later returned a generator') })
  await expect(numbers.promised(3)).rejects.toMatchObject({
    ...refused,
    message: text('promised returned an async iterable'),
  })
})

test('so is one of a resident object', async () => {
  class Source {
    *items() {
      yield 1
    }
  }
  b.expose('maker', { make: () => b.share(new Source()) })
  const maker = a.proxy<{ make(): { items(): Reply } }>('b', 'maker')
  const source = await maker.make()
  await expect(source.items()).rejects.toMatchObject({
    code: 'ERR_NOT_SERIALISABLE',
    object: expect.stringMatching(/^Source#/),
  })
})

test('whoever iterates over a reply gets a TypeError, and no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): unknown => unhandled.push(error)
  process.on('unhandledRejection', note)
  const numbers = a.proxy<Numbers>('b', 'numbers') as object as {
    below(n: number): AsyncIterable<number>
    later(n: number): Reply
  }
  const iterate = async (): Promise<void> => {
    for await (const _ of numbers.below(3));
  }
  await expect(iterate()).rejects.toThrow(TypeError)
  await expect(numbers.later(1)).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
