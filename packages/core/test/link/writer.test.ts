import { describe, expect, test } from '@jest/globals'
import { Writer } from '../../src/link/writer.js'
import type { Frames } from '../../src/transport/transport.js'
import { FakeOutbound, frames } from './fakes.js'

function writing() {
  const outbound = new FakeOutbound(
    'tcp://a:1',
    { watch: false, heartbeatInterval: 1, heartbeatTimeout: 1 },
    {
      up() {},
      down() {},
    },
  )
  const queue: Frames[] = []
  const failures: unknown[] = []
  const writer = new Writer(
    outbound,
    () => queue.shift(),
    (error) => failures.push(error),
  )
  return { outbound, queue, failures, writer }
}

describe('A writer', () => {
  test('sends when it is woken, if there is something to send', () => {
    const { outbound, queue, writer } = writing()
    writer.wake()
    expect(outbound.sent).toEqual([])
    queue.push(frames(1))
    writer.wake()
    expect(outbound.sent).toEqual([frames(1)])
  })

  test('never sends twice at once, and sends what has gathered as soon as it is free', async () => {
    const { outbound, queue, writer } = writing()
    queue.push(frames(1), frames(2), frames(3))
    for (let i = 0; i < 5; i++) writer.wake()
    expect(outbound.sent).toEqual([frames(1)])
    await outbound.left()
    expect(outbound.sent).toEqual([frames(1), frames(2)])
    await outbound.left()
    await outbound.left()
    expect(outbound.sent).toEqual([frames(1), frames(2), frames(3)])
    expect(outbound.isSending).toBe(false)
  })

  test('says that the socket refused a message', async () => {
    const { outbound, queue, failures, writer } = writing()
    queue.push(frames(1))
    writer.wake()
    await outbound.refuse('no route')
    expect(failures).toEqual(['no route'])
  })

  test('sends nothing and says nothing once it is closed', async () => {
    const { outbound, queue, failures, writer } = writing()
    queue.push(frames(1), frames(2))
    writer.wake()
    writer.close()
    expect(outbound.isClosed).toBe(true)
    await outbound.refuse('closed')
    writer.wake()
    expect([outbound.sent.length, failures.length]).toEqual([1, 0])

    const other = writing()
    other.queue.push(frames(1), frames(2))
    other.writer.wake()
    other.writer.close()
    await other.outbound.left()
    expect(other.outbound.sent).toHaveLength(1)
  })
})
