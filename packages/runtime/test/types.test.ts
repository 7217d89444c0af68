import { expect, test } from '@jest/globals'
import type { RemoteStream, Reply } from '@skein/core'
import type { Mesh } from '../src/mesh.js'
import type { Pool } from '../src/pool.js'
import type { Remote, RemoteObject, RemoteStreamReply } from '../src/remote.js'
import type { Runtime } from '../src/runtime.js'

/** Whether two types are the same, `any` and readonly included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Doesn't compile for anything but true. */
function sure<_ extends true>(): void {}

class Base {
  inherited(): string {
    return ''
  }
}

class Sample extends Base {
  static create(): void {}
  field = 1
  readonly callback: (() => void) | undefined
  sync(a: number, b?: string): number {
    return a + (b?.length ?? 0)
  }
  async promised(): Promise<string> {
    return ''
  }
  nothing(): void {}
  fails(): never {
    throw new Error()
  }
  list(): number[] {
    return []
  }
  map(): Map<string, number> {
    return new Map()
  }
  *generator(): Generator<number, void, unknown> {}
  async *asyncGenerator(): AsyncGenerator<string, boolean> {
    yield ''
    return true
  }
  async promisedStream(): Promise<Generator<number, void>> {
    return this.generator()
  }
  passedOn(stream: RemoteStream<number, string>): RemoteStream<number, string> {
    return stream
  }
  async consumes(dates: AsyncIterable<Date>): Promise<number> {
    let count = 0
    for await (const _ of dates) count += 1
    return count
  }
  iterable(): AsyncIterable<Date> {
    return this.asyncDates()
  }
  async *asyncDates(): AsyncGenerator<Date> {}
  rest(...parts: string[]): string {
    return parts.join()
  }
  optional?(): number
  other(): RemoteObject<Base> {
    throw new Error()
  }
  get accessor(): number {
    return 1
  }
  protected hidden(): void {}
  private secret(): void {}
  _underscored(): void {
    this.secret()
  }
  override toString(): string {
    return ''
  }
  // biome-ignore lint/suspicious/noThenProperty: it is what must not be there
  then(): void {}
  toJSON(): void {}
  [Symbol.dispose](): void {}
}

type R = Remote<Sample>

test('a proxy has the methods of what is behind it, and nothing else', () => {
  sure<
    Same<
      keyof R,
      | 'inherited'
      | 'sync'
      | 'promised'
      | 'nothing'
      | 'fails'
      | 'list'
      | 'map'
      | 'generator'
      | 'asyncGenerator'
      | 'iterable'
      | 'promisedStream'
      | 'passedOn'
      | 'consumes'
      | 'asyncDates'
      | 'rest'
      | 'optional'
      | 'other'
      | 'callback'
    >
  >()
  sure<Same<keyof RemoteObject<Sample>, keyof R | typeof Symbol.asyncDispose>>()
  expect.assertions(0)
})

test('a method takes what it takes there, and gives a reply of what it returns there', () => {
  sure<Same<R['sync'], (a: number, b?: string) => Reply<number>>>()
  sure<Same<R['promised'], () => Reply<string>>>()
  sure<Same<R['nothing'], () => Reply<void>>>()
  sure<Same<R['fails'], () => Reply<never>>>()
  sure<Same<R['list'], () => Reply<number[]>>>()
  sure<Same<R['map'], () => Reply<Map<string, number>>>>()
  sure<Same<R['rest'], (...parts: string[]) => Reply<string>>>()
  sure<Same<R['optional'], () => Reply<number>>>()
  sure<Same<R['other'], () => Reply<RemoteObject<Base>>>>()
  expect.assertions(0)
})

test('a method that yields gives a stream, which may be iterated before it is awaited', () => {
  sure<Same<R['generator'], () => RemoteStreamReply<number, void>>>()
  sure<Same<R['asyncGenerator'], () => RemoteStreamReply<string, boolean>>>()
  sure<Same<R['iterable'], () => RemoteStreamReply<Date>>>()
  sure<Same<R['promisedStream'], () => RemoteStreamReply<number, void>>>()
  sure<
    Same<
      R['passedOn'],
      (stream: RemoteStream<number, string>) => RemoteStreamReply<number, string | undefined>
    >
  >()
  type Dates = AsyncIterable<Date> | Generator<Date, unknown, never>
  sure<Same<R['consumes'], (dates: Dates) => Reply<number>>>()
  type Given = Parameters<R['consumes']>[0]
  sure<Generator<Date> extends Given ? true : false>()
  sure<Generator<string> extends Given ? false : true>()
  expect.assertions(0)
})

test('what is any stays any, and interfaces will do', () => {
  interface Loose {
    parse(text: string): ReturnType<typeof JSON.parse>
  }
  sure<Same<Remote<Loose>['parse'], (text: string) => Reply<ReturnType<typeof JSON.parse>>>>()
  expect.assertions(0)
})

// Checked by the compiler alone: nothing here is ever run.
export async function misuse(runtime: Runtime, mesh: Mesh): Promise<void> {
  const remote = runtime.proxy<Sample>('b', 'sample')
  const sum: number = await remote.sync(1, 'x')
  // @ts-expect-error: the arguments are those of the method
  await remote.sync('1')
  // @ts-expect-error: there is no such method
  await remote.missing()
  // @ts-expect-error: a field is no method
  remote.field
  // @ts-expect-error: what begins with _ is private
  await remote._underscored()
  // @ts-expect-error: so is what says that it is
  await remote.secret()
  // @ts-expect-error: a service is nothing to let go of
  await using _service = remote
  for await (const item of remote.generator()) sure<Same<typeof item, number>>()
  for await (const item of await remote.asyncGenerator()) sure<Same<typeof item, string>>()
  const count: number = await remote.consumes(runtime.proxy<Sample>('b', 'sample').iterable())
  // @ts-expect-error: a method can not be replaced
  remote.sync = () => sum

  class WithArgs {
    constructor(readonly name: string) {}
    hello(): string {
      return this.name
    }
  }
  const from = import.meta.url
  await using created = await mesh.create(WithArgs, { from, on: 'b', args: ['x'] })
  sure<Same<typeof created, RemoteObject<WithArgs>>>()
  await mesh.create(Sample, { from, on: 'b' })
  // @ts-expect-error: its constructor takes an argument
  await mesh.create(WithArgs, { from, on: 'b' })
  // @ts-expect-error: of another type
  await mesh.create(WithArgs, { from, on: 'b', args: [1] })
  // @ts-expect-error: it is not said where
  await mesh.create(WithArgs, { from, args: ['x'] })

  const pool = await mesh.pool(WithArgs, { from, args: ['x'] })
  sure<Same<typeof pool, Pool<WithArgs>>>()
  // @ts-expect-error: its constructor takes an argument
  await mesh.pool(WithArgs, { from })
  for await (const result of pool.map([1, 2], (worker, n, i) =>
    worker.hello().then((text) => `${text}${n + i}`),
  )) {
    sure<Same<typeof result, string>>()
  }
  for await (const result of pool.map(new Set([1]), async () => count)) sure<Same<typeof result, number>>()
  // @ts-expect-error: the worker has the methods of its class
  pool.map([1], (worker) => worker.missing())

  const shared = runtime.share(new WithArgs('x'))
  sure<Same<typeof shared, RemoteObject<WithArgs>>>()
}
