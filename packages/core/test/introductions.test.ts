import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { CommsManager } from '../src/comms-manager.js'
import { Kind } from '../src/wire/message.js'
import { MsgpackCodec } from '../src/wire/msgpack-codec.js'
import { changesOf, MemoryMesh } from './support/memory.js'
import { addressOf, call } from './support/mesh.js'

let mesh: MemoryMesh
let monitor: CommsManager
let others: CommsManager
let worker: CommsManager
let news: Counting

beforeEach(async () => {
  mesh = new MemoryMesh()
  monitor = await mesh.runtime('monitor', { introduces: true })
  news = new Counting({})
  others = await mesh.runtime('other', {}, { codec: news })
  worker = await mesh.runtime('worker')
  for (const comms of [others, worker]) await mesh.settled(comms.connect(addressOf(monitor)))
  await mesh.clock.advance(100)
})
afterEach(() => mesh.close())

test('a monitor that disconnects from a runtime tells others only where it is asked to, and once', async () => {
  const seen = changesOf(others)
  monitor.disconnect('worker', { notify: false })
  await mesh.clock.advance(3000)
  expect(seen).toEqual([])
  expect((await mesh.settled(others.waitFor('worker'))).took).toBeLessThan(100)
})

test('a monitor that disconnects from a runtime, and is asked to tell, tells all others once', async () => {
  const seen = changesOf(others)
  monitor.disconnect('worker', { notify: true })
  await mesh.clock.advance(3000)
  expect(seen).toEqual(['worker left disconnected'])
  expect(news.told).toBe(1)
})

test('an obituary is told once, by a monitor and by any other, and spares a successor', async () => {
  const seen = changesOf(monitor)
  const known = changesOf(others)
  others.obituary('worker', 'an earlier instance')
  monitor.obituary('worker', 'an earlier instance')
  await mesh.clock.advance(100)
  expect([seen, known]).toEqual([[], []])
  monitor.obituary('worker', worker.instance)
  await mesh.clock.advance(100)
  expect([seen, known]).toEqual([['worker dead exited'], ['worker dead exited']])
  expect(news.told).toBe(1)
})

test('a session that is over is not told as the end of the peer', async () => {
  await mesh.settled(worker.send('monitor', call('anything')))
  await mesh.clock.advance(100)
  const seen = changesOf(others)
  const known = changesOf(monitor)
  // The worker gives the monitor up, unheard, and greets it anew: its session is over, and nothing else.
  worker.obituary('monitor', monitor.instance)
  await mesh.settled(worker.connect(addressOf(monitor)))
  await mesh.clock.advance(1000)
  expect(known).toContain('worker dead session-ended')
  expect(seen).toEqual([])
})

test('a peer that the monitor has lost in silence is dead to others too, and has not left', async () => {
  const seen = changesOf(others)
  mesh.network.kill('worker')
  await mesh.clock.advance(10_000)
  expect(seen).toEqual(['worker connecting', 'worker dead silent'])
  await expect(others.sendRecv('worker', call('who'))).rejects.toMatchObject({ code: 'ERR_NO_SUCH_PEER' })
})

/** Counts the news of the worker's end that come in. */
class Counting extends MsgpackCodec {
  told = 0

  override decode(...given: Parameters<MsgpackCodec['decode']>): unknown {
    const messages = super.decode(...given)
    if (Array.isArray(messages)) this.told += messages.filter(isNews).length
    return messages
  }
}

function isNews(message: unknown): boolean {
  return Array.isArray(message) && message[0] === Kind.disconnect && message[1] === 'worker'
}
