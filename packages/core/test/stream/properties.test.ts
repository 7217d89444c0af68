import { expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import type { StreamOutcome } from '../../src/stream/producer.js'
import { RemoteStream } from '../../src/stream/remote-stream.js'
import { WINDOW_BYTES, WINDOW_ITEMS } from '../../src/stream/window.js'
import { Kind } from '../../src/wire/message.js'
import { expectSame } from '../support/same.js'
import { Pair } from './pair.js'

/** What happens to one stream. */
interface Story {
  /** Of each item: its bytes, and whether it is there at once or comes in a later turn. */
  readonly items: readonly { readonly size: number; readonly ready: boolean }[]
  readonly ending: 'returns' | 'throws' | 'cannot be sent' | 'goes on'
  /** How many items the consumer asks for in each turn, over and over. */
  readonly speeds: readonly number[]
  /** What the consumer does once it has read so many items; if it has not, it reads to the end. */
  readonly leaving:
    | { readonly after: number; readonly by: 'return' | 'cancel' | 'lost' | 'stopped' }
    | undefined
  /** Milliseconds that items take to make, in turn. */
  readonly effort: readonly number[]
  /** Whether the outbox has room in each turn, over and over. */
  readonly room: readonly boolean[]
}

const sizes = fc.oneof({ weight: 6, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: fc.nat(300_000) })
const stories: fc.Arbitrary<Story> = fc.record(
  {
    items: fc.oneof(
      fc.array(fc.record({ size: sizes, ready: fc.boolean() }), { maxLength: 200 }),
      fc.nat(4000).map((length) => Array.from({ length }, () => ({ size: 8, ready: true }))),
      fc.nat(100).map((length) => Array.from({ length }, () => ({ size: 50_000, ready: true }))),
    ),
    ending: fc.constantFrom('returns', 'throws', 'cannot be sent', 'goes on'),
    speeds: fc.array(fc.oneof(fc.nat(5), fc.nat(1500)), { minLength: 1, maxLength: 5 }).map((s) => [...s, 1]),
    leaving: fc.option(
      fc.record({
        after: fc.oneof(fc.nat(20), fc.nat(2000)),
        by: fc.constantFrom('return', 'cancel', 'lost', 'stopped'),
      }),
      { nil: undefined },
    ),
    effort: fc.array(fc.constantFrom(0, 1, 6), { maxLength: 5 }),
    room: fc.array(fc.boolean(), { maxLength: 5 }).map((r) => [...r, true]),
  },
  { noNullPrototype: true },
)

class Source implements AsyncIterableIterator<unknown> {
  given = 0
  returned = 0
  overlapped = false
  #asked = false
  #release: (() => void) | undefined

  constructor(
    readonly story: Story,
    readonly work: (milliseconds: number) => void,
  ) {}

  async next(): Promise<IteratorResult<unknown>> {
    this.overlapped ||= this.#asked
    this.#asked = true
    const item = this.story.items[this.given]
    if (item === undefined && this.story.ending === 'goes on') return new Promise(() => {})
    if (item?.ready === false) await new Promise<void>((resolve) => (this.#release = resolve))
    this.#asked = false
    if (item === undefined) {
      if (this.story.ending === 'cannot be sent') return { done: false, value: Symbol('no') }
      if (this.story.ending === 'throws') throw new RangeError('thrown')
      return { done: true, value: 'returned' }
    }
    const { effort } = this.story
    this.work(effort[this.given % effort.length] ?? 0)
    return { done: false, value: [this.given++, 'x'.repeat(item.size)] }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.returned += 1
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  turn(): void {
    this.#release?.()
  }
}

/** Plays a story to its end, and gives what the consumer has seen and how full the window ever was. */
async function play(story: Story) {
  const pair = new Pair()
  const source = new Source(story, (milliseconds) => {
    pair.a.worked += milliseconds
  })
  const stream = pair.send(source)
  const [offered] = pair.a.streams.taken()
  let outcome: StreamOutcome['kind'] | undefined
  offered?.onEnd(({ kind }) => {
    outcome = kind
  })
  if (!(stream instanceof RemoteStream)) throw new TypeError('a stream was sent')

  const out = { items: 0, bytes: 0, sent: [] as { items: number; bytes: number }[] }
  const most = { items: 0, bytesBefore: 0, messageItems: 0 }
  pair.a.onPost = (message, size) => {
    if (message.kind !== Kind.next) return
    most.bytesBefore = Math.max(most.bytesBefore, out.bytes)
    most.messageItems = Math.max(most.messageItems, message.items.length)
    out.items += message.items.length
    out.bytes += size
    out.sent.push({ items: message.items.length, bytes: size })
    most.items = Math.max(most.items, out.items)
  }
  const credited = (n: number): void => {
    out.items -= n
    for (let left = n; left > 0; ) {
      const first = out.sent.shift()
      if (first === undefined || first.items > left) throw new Error('credit comes for whole messages')
      left -= first.items
      out.bytes -= first.bytes
    }
  }
  pair.delivered = (message) => message.kind === Kind.credit && credited(message.n)

  const seen: unknown[] = []
  /** In the order of asking: an error takes a little longer than a plain end. */
  const endings: { asked: number; ending: unknown }[] = []
  let asked = 0
  const ask = () => {
    const at = asked++
    return stream.next().then(
      ({ done, value }) => void (done ? endings.push({ asked: at, ending: value }) : seen.push(value)),
      (error) => void endings.push({ asked: at, ending: error }),
    )
  }
  let left = false
  for (let turn = 0; turn < 20_000; turn++) {
    const goesOn =
      story.ending === 'goes on' && source.given === story.items.length && seen.length === source.given
    if (endings.length > 0 || (goesOn && story.leaving === undefined)) break
    pair.a.room = story.room[turn % story.room.length] ?? true
    if (pair.a.room) pair.a.grantRoom()
    const { leaving } = story
    if (!left && leaving !== undefined && (seen.length >= leaving.after || goesOn)) {
      left = true
      if (leaving.by === 'return') await stream.return()
      else if (leaving.by === 'cancel') stream.cancel()
      else if (leaving.by === 'stopped') offered?.stop('enough')
      else {
        pair.a.streams.lose('b', 'lost')
        pair.b.streams.lose('a', 'lost')
      }
    }
    const speed = story.speeds[turn % story.speeds.length] ?? 1
    for (let i = 0; i < speed; i++) void ask()
    source.turn()
    await pair.a.clock.advance(0)
    pair.turn()
  }
  await pair.settle()
  endings.sort((one, other) => one.asked - other.asked)
  return { pair, source, seen, endings: endings.map(({ ending }) => ending), most, left, outcome }
}

function endingOf({ ending, items }: Story): unknown {
  if (ending === 'throws') return expect.objectContaining({ name: 'RangeError', message: 'thrown' })
  if (ending !== 'cannot be sent') return 'returned'
  return expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE', path: `items[${items.length}]` })
}

test('no item is lost, doubled or out of order; little is under way; both sides end', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { pair, source, seen, endings, most, left, outcome } = await play(story)
      const expected = story.items.map(({ size }, i) => [i, 'x'.repeat(size)])
      const toTheEnd = !left && story.ending !== 'goes on'

      expectSame(seen, toTheEnd ? expected : expected.slice(0, seen.length))
      if (toTheEnd) expect(endings[0]).toEqual(endingOf(story))
      expect(endings.slice(1).every((ending) => ending === undefined)).toBe(true)

      expect(most.items).toBeLessThanOrEqual(WINDOW_ITEMS)
      expect(most.bytesBefore).toBeLessThan(WINDOW_BYTES)
      expect(most.messageItems).toBeLessThanOrEqual(128)

      expect(source.overlapped).toBe(false)
      expect(outcome !== undefined).toBe(left || story.ending !== 'goes on')
      const endedByItself = outcome === 'ended' || (outcome === 'failed' && story.ending === 'throws')
      expect(source.returned).toBe(outcome === undefined || endedByItself ? 0 : 1)
      if (outcome !== undefined)
        expect([pair.a.streams.producing('b'), pair.b.streams.consuming('a')]).toEqual([0, 0])
    }),
    { numRuns: sized(30, 60) },
  )
})
