import { ChannelContext, PubChannel, SubChannel } from '@skein/channels'
import { eventually } from '@skein/test-harness'
import { silent } from '../silent.js'
import type { Publishing, Subscribing } from './ends.js'

const NAME = 'bench'
const TYPE = { type: 'binary' } as const

export async function publishOurs(): Promise<Publishing> {
  const context = new ChannelContext({ logger: silent })
  const channel = new PubChannel<'binary'>(context, NAME, TYPE)
  const { port } = await context.bind('localhost:bench', { maxTries: 1000 })
  return {
    endpoint: `localhost:${port}`,
    async publish(bytes, subscribers) {
      await eventually(() => channel.subscribers === subscribers)
      const message = Buffer.alloc(bytes, 0x5a)
      for (;;) await channel.send(message)
    },
    close: () => context.close(),
  }
}

export async function subscribeOurs(to: string): Promise<Subscribing> {
  const context = new ChannelContext({ logger: silent })
  const channel = new SubChannel<'binary'>(context, NAME, TYPE)
  let received = 0
  const read = async () => {
    for await (const _ of channel) received += 1
  }
  void read()
  await context.connect(to, { timeout: 10_000 })
  return { received: () => received, close: () => context.close() }
}
