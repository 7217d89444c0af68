import { Publisher, Subscriber } from 'zeromq'
import type { Publishing, Subscribing } from './ends.js'

export async function publishRaw(): Promise<Publishing> {
  const socket = new Publisher({ linger: 0 })
  await socket.bind('tcp://127.0.0.1:*')
  return {
    endpoint: socket.lastEndpoint ?? '',
    // Whoever has connected is there: it has read what it was sent before this is called.
    async publish(bytes) {
      const message = Buffer.alloc(bytes, 0x5a)
      for (;;) await socket.send(message)
    },
    close: async () => socket.close(),
  }
}

export async function subscribeRaw(to: string): Promise<Subscribing> {
  const socket = new Subscriber({ linger: 0 })
  socket.connect(to)
  socket.subscribe()
  let received = 0
  const read = async () => {
    for (;;) {
      await socket.receive()
      received += 1
    }
  }
  // Until it is closed.
  read().catch(() => {})
  return { received: () => received, close: async () => socket.close() }
}
