import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SkeinError } from '@skein/core'
import { TurnedClock } from '@skein/core/internal'
import { Journal, readJournal } from '../src/audit/journal.js'
import type { AuditRecord } from '../src/audit/record.js'
import { checked, itemsOf, type StreamPlan } from '../src/audit/stream-plan.js'
import { readItems, Streaming, streamEndingOf } from '../src/audit/streaming.js'

let folder: string
let journal: Journal
let streaming: Streaming
const clock = new TurnedClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-streaming-'))
  journal = new Journal(join(folder, 'log'))
  streaming = new Streaming(journal, clock, () => {})
})
afterEach(() => {
  journal.close()
  rmSync(folder, { recursive: true })
})

const key = { peer: 2, seq: 9, part: 'answer' } as const
const plan: StreamPlan = { items: 40, fails: false, bytes: 5000, producerRest: 0, readerRest: 0 }

function written(): AuditRecord[] {
  journal.flush()
  return readJournal(join(folder, 'log'))
}

/** What was written down of a stream that has these items, and goes on with others after its end if it has more. */
async function followed(source: AsyncGenerator<unknown, unknown>, most?: number) {
  await readItems(streaming.follow(key, plan, source), most).catch(() => {})
  return written().map(({ peer: _, seq: __, ...rest }) => rest)
}

const [opened, about] = [{ kind: 'opened', part: 'answer', items: 40, fails: false }, { part: 'answer' }]

test('What a stream brings is written down as one line, and its end', async () => {
  const produced = streaming.produce(key, plan, itemsOf(key.seq, plan))
  const { sum, returned } = await readItems(streaming.follow(key, plan, produced))
  expect([sum, returned, streaming.open]).toEqual([780, 9, 0])
  expect(written().map(({ kind }) => kind)).toEqual(['opened', 'began', 'finished', 'items', 'over'])
})

test('What is missing, late or damaged is written down as it came', async () => {
  const [a, b, c, d] = itemsOf(key.seq, plan)
  const foreign = [...itemsOf(8, plan)][4]
  const lines = await followed(
    (async function* () {
      yield* [a, b, d, c, 'no item', foreign]
    })(),
  )
  const item = (first: number, count: number) => ({ kind: 'items', ...about, first, count })
  expect(lines).toEqual([
    opened,
    item(0, 2),
    item(3, 1),
    item(2, 1),
    item(0xffff, 1),
    item(0xffff, 1),
    { kind: 'over', ...about, ending: 'done' },
  ])
})

test('An item with the bytes of another is damaged', () => {
  const [first] = itemsOf(key.seq, plan)
  const other = [...itemsOf(key.seq, plan)][16]
  expect(checked(first, key.seq, plan).n).toBe(0)
  expect(checked({ ...first, bytes: other?.bytes }, key.seq, plan).n).toBe(0xffff)
  expect(checked({ ...first, bytes: undefined }, key.seq, plan).n).toBe(0xffff)
})

test('A stream that is left is returned where it comes from, and its generator has finished', async () => {
  const produced = streaming.produce(key, plan, itemsOf(key.seq, plan))
  await readItems(streaming.follow(key, plan, produced), 3)
  expect(streaming.open).toBe(0)
  expect(written().slice(2)).toMatchObject([
    { kind: 'finished' },
    { kind: 'items', first: 0, count: 3 },
    { kind: 'over', ending: 'left' },
  ])
})

test('What comes after the end is written down behind it', async () => {
  const items = itemsOf(key.seq, plan)
  let asked = 0
  const endless = {
    next: async () => (++asked === 2 ? { done: true, value: 9 } : { done: false, value: items.next().value }),
  }
  await readItems(streaming.follow(key, plan, endless))
  expect(written().slice(1)).toMatchObject([
    { kind: 'items', first: 0, count: 1 },
    { kind: 'over', ending: 'done' },
    { kind: 'items', count: 2 },
  ])
})

test('A producer that is to fail does so after its items, and is known by its error', async () => {
  const failing = { ...plan, fails: true }
  const produced = streaming.produce(key, failing, itemsOf(key.seq, failing))
  const error = await readItems(streaming.follow(key, failing, produced)).catch((thrown: unknown) => thrown)
  expect(streamEndingOf(error)).toBe('failed')
  expect(written().slice(-2)).toMatchObject([{ first: 0, count: 40 }, { ending: 'failed' }])
})

test('Errors of a stream are told apart by their code', () => {
  const of = (code: 'ERR_PEER_LOST' | 'ERR_CANCELLED' | 'ERR_PROTOCOL', executed?: 'no' | 'maybe') =>
    streamEndingOf(new SkeinError(code, 'x', executed === undefined ? {} : { executed }))
  expect([
    of('ERR_PEER_LOST', 'maybe'),
    of('ERR_PEER_LOST', 'no'),
    of('ERR_CANCELLED'),
    of('ERR_PROTOCOL'),
    streamEndingOf(new Error('another')),
  ]).toEqual(['lost', 'refused', 'cancelled', 'other', 'other'])
})
