import { expect, test } from '@jest/globals'
import { PubChannel } from '../src/pub-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { MemoryContexts } from './support/contexts.js'

test('whoever connects again knows at once what the other wants by then', async () => {
  const memory = new MemoryContexts(1, { min: 1, max: 20 })
  const [guest, host] = [memory.open(), memory.open()]
  const door = await host.bind('localhost:door')
  const old = new SubChannel(host, 'old')
  const [before, after] = [new PubChannel(guest, 'old'), new PubChannel(guest, 'new')]
  for (let n = 0; n < 10; n++) {
    const connection = await memory.connect(guest, door)
    const now = n === 0 ? [1, 0] : [0, 1]
    expect([n, before.subscribers, after.subscribers]).toEqual([n, ...now])
    await memory.inTime(connection.close())
    if (n === 0) {
      old.close()
      new SubChannel(host, 'new')
    }
  }
  await memory.close()
})

test('a connection that is closed while it is made says so', async () => {
  const memory = new MemoryContexts()
  const [guest, host] = [memory.open(), memory.open()]
  const door = await host.bind('localhost:door')
  memory.network.partition('0', '1')
  for (const close of [() => guest.close(), () => guest.connectionsAll.at(0)?.close()]) {
    const connecting = expect(guest.connect(door.endpoint ?? '', { timeout: 60_000 })).rejects.toMatchObject({
      code: 'ERR_CLOSED',
    })
    await memory.clock.advance(100)
    const began = memory.clock.now()
    await memory.inTime(Promise.all([close(), connecting]))
    expect(memory.clock.now() - began).toBeLessThan(5000)
  }
  await memory.close()
})
