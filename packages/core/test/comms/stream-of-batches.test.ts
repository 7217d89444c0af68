import { describe, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { SkeinError } from '../../src/errors.js'
import { Session } from '../../src/peer/session.js'
import { readBatch } from '../../src/wire/batch.js'
import type { Frames } from '../../src/wire/frames.js'
import { readHeader, tokenKey, tokenOf } from '../../src/wire/header.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { Kind, type Message } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'
import { codePoints, values } from '../wire/values.js'

const codec = new MsgpackCodec()
const token = Uint8Array.from({ length: 16 }, (_, i) => 200 + i)

/** Batches are small, so that there are many; no window closes. */
const flow = {
  windowBytes: 1e9,
  windowMessages: 1e9,
  maxRunning: 1e9,
  outboxBytes: 1e9,
  outboxMessages: 1e9,
  batchBytes: 300,
  ackDelay: 0,
}

/** The peer's side of a session, as a link reads what comes. */
class Reader {
  readonly session = new Session(1, codec, flow)
  readonly messages: Message[] = []
  refused: SkeinError | undefined

  read(frames: Frames): void {
    if (this.refused !== undefined) return
    const reading = tokenOf(frames[0])
    if (reading.kind !== 'token' || reading.token !== tokenKey(token)) return
    try {
      const { seq } = readHeader(frames[0] ?? token)
      if (this.session.take(seq) !== 'new') return
      this.messages.push(...readBatch(frames, codec, defaultLimits, 'peer').messages)
    } catch (error) {
      if (!(error instanceof SkeinError)) throw error
      this.refused = error
    }
  }
}

/** What the sender has to send on a new connection. */
function outgoing(sender: Session): Frames[] {
  const all: Frames[] = []
  for (let next = sender.next(); next !== undefined; next = sender.next())
    all.push(next.batch.frames(token, { seq: next.seq, ack: 0, admitted: 0 }))
  return all
}

const messages = fc.array(
  fc.oneof(
    values.map((value): Message => ({ kind: Kind.reply, id: 1, value })),
    values.map(
      (value): Message => ({
        kind: Kind.call,
        id: 1,
        service: 's',
        method: 'm',
        args: [value],
        timeLeft: null,
      }),
    ),
  ),
  { minLength: 1, maxLength: 20 },
)

/** What comes next: mostly the batch whose turn it is; or another, before its turn or again; or only a part of it. */
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant({ kind: 'next' } as const) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('any' as const), at: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('split' as const), at: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }) },
  ),
  { maxLength: 60 },
)

function takesPart(reader: Reader, frames: Frames, kind: 'split' | 'cut', at: number): void {
  if (kind === 'split') {
    const index = at % (frames.length + 1)
    reader.read(frames.slice(0, index))
    reader.read(frames.slice(index))
  } else {
    const [first = token, ...rest] = frames
    const index = at % (first.length + 1)
    reader.read([first.subarray(0, index), ...rest])
    reader.read([first.subarray(index), ...rest])
  }
}

describe('A stream of batches', () => {
  test('that is lost, repeated, reordered or split gives each message once and in order, or an error', () => {
    fc.assert(
      fc.property(messages, steps, (posted, script) => {
        const sender = new Session(1, codec, flow)
        const reader = new Reader()
        for (const message of posted) sender.post(message, 'peer')
        let batches = outgoing(sender)
        const whole = batches.flatMap((frames) => readBatch(frames, codec, defaultLimits, 'peer').messages)
        for (const kind of [Kind.call, Kind.reply]) {
          const ofKind = (message: Message) => message.kind === kind
          expectSame(whole.filter(ofKind), posted.filter(ofKind))
        }
        let turn = 0
        let seen = 0
        const resume = () => {
          expectSame(sender.resume(reader.session.taken), true)
          batches = outgoing(sender)
          turn = 0
        }
        for (const step of script) {
          const frames = batches[step.kind === 'any' ? step.at % Math.max(1, batches.length) : turn]
          if (step.kind === 'resume' || frames === undefined) resume()
          else if (step.kind === 'split' || step.kind === 'cut') takesPart(reader, frames, step.kind, step.at)
          else if (step.kind !== 'lose') reader.read(frames)
          if (step.kind === 'next' || step.kind === 'lose') turn += 1
          const { length } = reader.messages
          expectSame(reader.messages.slice(seen), whole.slice(seen, length))
          seen = length
        }
        if (reader.refused !== undefined) return
        resume()
        for (const frames of batches) reader.read(frames)
        expectSame([reader.refused, reader.messages], [undefined, whole])
      }),
      { numRuns: sized(60, 200) },
    )
  })
})

test('An error that is sent arrives with its name, message, stack, and all that it carries', () => {
  const carried = fc.dictionary(
    fc
      .string()
      .filter((key) => !['name', 'message', 'stack', 'cause', 'errors', 'code', '__proto__'].includes(key)),
    values,
    { maxKeys: 4, noNullPrototype: true },
  )
  fc.assert(
    fc.property(codePoints, codePoints, codePoints, carried, values, (name, message, code, extras, cause) => {
      const error = Object.assign(new Error(message, { cause }), { name, code }, extras)
      const attachments: Uint8Array[] = []
      const bytes = Uint8Array.from(codec.encode([error], attachments, 'peer'))
      const [received] = codec.decode(bytes, attachments, defaultLimits, 'peer') as [Error & { code: string }]
      expectSame(received instanceof Error, true)
      expectSame([received.name, received.message, received.stack], [name, message, error.stack])
      expectSame(received.cause, cause)
      expectSame({ ...received }, { code, ...extras })
    }),
    { numRuns: sized(60, 200) },
  )
})
