import { expect, test } from '@jest/globals'
import { Progress } from '../../src/link/progress.js'
import { defaultFlow } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { Kind } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

function progressing() {
  const session = new Session(1, new MsgpackCodec(), { ...defaultFlow, batchBytes: 1 })
  const progress = new Progress(session)
  const send = (bytes = 1): void => {
    session.post({ kind: Kind.reply, id: 1, value: 'x'.repeat(bytes) }, 'peer')
    session.next()
  }
  /** Whether the connection is stuck, for a peer that is heard every 500 ms, from one instant to another. */
  const heard = (from: number, to: number): boolean => {
    for (let now = from; now <= to; now += 500) if (progress.isStuckAt(now)) return true
    return false
  }
  return { session, progress, send, heard }
}

test('a peer that is heard for five seconds and acknowledges nothing is stuck', () => {
  const { send, heard } = progressing()
  send()
  expect(heard(10_000, 14_500)).toBe(false)
  expect(heard(15_000, 15_500)).toBe(true)
})

test('a peer to which nothing is under way is never stuck', () => {
  const { heard } = progressing()
  expect(heard(0, 60_000)).toBe(false)
})

test('every acknowledgement begins the five seconds anew', () => {
  const { session, send, heard } = progressing()
  for (let i = 0; i < 10; i++) send()
  for (let i = 1; i < 10; i++) {
    session.acknowledge(i)
    expect(heard(4500 * i, 4500 * i + 4000)).toBe(false)
  }
})

test('a silence does not count: the peer may have been busy', () => {
  const { send, heard, progress } = progressing()
  send()
  heard(0, 1000)
  expect(progress.isStuckAt(31_000)).toBe(false)
  expect(heard(31_500, 35_500)).toBe(false)
  expect(heard(36_000, 36_500)).toBe(true)
})

test('each MiB under way is given a second more', () => {
  const { send, heard } = progressing()
  send(2 * 1024 ** 2)
  expect(heard(0, 6500)).toBe(false)
  expect(heard(7000, 7500)).toBe(true)
})

test('a new connection begins anew', () => {
  const { send, heard, progress } = progressing()
  send()
  heard(0, 4500)
  progress.reset()
  expect(heard(5000, 9500)).toBe(false)
  expect(heard(10_000, 10_500)).toBe(true)
})
