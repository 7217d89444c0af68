import { expect } from '@jest/globals'
import type { SocketSpace } from '@skein/core/internal'
import type { RelayEndpoints } from '../../src/contract.js'

/** Whether sockets of plain ZeroMQ hear from each other what they have subscribed to, frame by frame. */
export async function expectRelayed(
  space: SocketSpace,
  { publish, subscribe }: RelayEndpoints,
): Promise<void> {
  const [publisher, subscriber] = [space.open('xpub'), space.open('sub')]
  await publisher.connect(publish)
  await subscriber.connect(subscribe)
  subscriber.subscribe('news')
  // A subscription goes all the way to whoever publishes.
  expect(String(await publisher.receive())).toBe('\u0001news')
  const large = Buffer.alloc(100_000, 'x')
  await publisher.send(['old', 'not wanted'])
  await publisher.send(['news.large', large, ''])
  const heard = await subscriber.receive()
  expect(heard.map(String)).toEqual(['news.large', String(large), ''])
  await publisher.close()
  await subscriber.close()
}
